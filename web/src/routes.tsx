import type { RouteObject } from "react-router";
import { Layout } from "./components/Layout";
import { GridPage } from "./pages/GridPage";
import { NotFoundPage } from "./pages/NotFoundPage";
import { ProductPage } from "./pages/ProductPage";
import { RouteError } from "./pages/RouteError";

/**
 * Every page of the shop. What most visitors never open is loaded when they do.
 *
 * Browser tests find their way by roles and labels and by these test ids, which are part of the pages' contract:
 * product-grid, product-card (with data-product-id), price, stock, load-more, sort, categories, skeleton, empty,
 * error, error-detail, correlation-id, retry; product, breadcrumbs, description, related; sign-in-link, user-name,
 * sign-out; submit, form-error, form-notice, password-rules, resend, resent; delete-account, delete-confirm,
 * delete-cancel, delete-error.
 */
export const routes: RouteObject[] = [
  {
    Component: Layout,
    ErrorBoundary: RouteError,
    HydrateFallback: () => null,
    children: [
      { index: true, Component: GridPage },
      { path: "products/:id", Component: ProductPage },
      {
        ErrorBoundary: RouteError,
        children: [
          {
            path: "sign-in",
            lazy: async () => ({ Component: (await import("./pages/SignInPage")).SignInPage }),
          },
          {
            path: "account",
            lazy: async () => ({ Component: (await import("./pages/AccountPage")).AccountPage }),
          },
          {
            path: "sign-up",
            lazy: async () => ({ Component: (await import("./pages/SignUpPage")).SignUpPage }),
          },
          {
            path: "sign-up/confirm",
            lazy: async () => ({ Component: (await import("./pages/ConfirmPage")).ConfirmPage }),
          },
        ],
      },
      { path: "*", Component: NotFoundPage },
    ],
  },
];
