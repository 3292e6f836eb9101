import { useLocation } from "react-router";

/** What the pages of the account hand to one another, in the history's state so that it stays out of addresses. */
export interface Visit {
  /** Where the customer came from and goes back to. */
  from?: string;
  email?: string;
  /** What has just happened. */
  notice?: string;
}

/** What the page before this one handed over. */
export function useVisit(): Visit {
  return (useLocation().state as Visit | null) ?? {};
}
