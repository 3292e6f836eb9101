import { useRouteError } from "react-router";
import { Notice } from "../components/Notice";

/** The last resort: a page that broke, or whose code could not be loaded, as after a new release of the shop. */
export function RouteError() {
  const error = useRouteError();
  console.error(error);
  return (
    <Notice
      error={new Error("This page could not be shown. Reloading it usually helps.")}
      onRetry={() => {
        window.location.reload();
      }}
    />
  );
}
