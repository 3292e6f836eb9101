import { SORTS, type Sort } from "../api/shop";

/** What the visitor wants to see in the grid; kept in the address so that it can be shared and gone back to. */
export interface Filter {
  category: string;
  q: string;
  sort: Sort;
}

const DEFAULT_SORT: Sort = "name";

/** Reads the filter from an address; what is unknown there is ignored. */
export function readFilter(params: URLSearchParams): Filter {
  const sort = params.get("sort");
  return {
    category: params.get("category") ?? "",
    q: params.get("q") ?? "",
    sort: SORTS.find((known) => known === sort) ?? DEFAULT_SORT,
  };
}

/** The address of a filter, as short as possible. */
export function filterPath({ category, q, sort }: Partial<Filter>): string {
  const params = new URLSearchParams();
  if (category) params.set("category", category);
  if (q) params.set("q", q);
  if (sort && sort !== DEFAULT_SORT) params.set("sort", sort);
  const query = params.toString();
  return query ? `/?${query}` : "/";
}
