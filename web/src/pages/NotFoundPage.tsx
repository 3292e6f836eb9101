import { Link } from "react-router";
import { Empty } from "../components/Notice";
import { useTitle } from "../lib/useTitle";

/** Says that there is no page at this address. */
export function NotFoundPage() {
  useTitle("Page not found");
  return (
    <Empty title="There is no page at this address">
      <p>The link may be old, or mistyped.</p>
      <Link to="/" className="button">
        Show all products
      </Link>
    </Empty>
  );
}
