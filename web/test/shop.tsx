import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createMemoryRouter, RouterProvider } from "react-router";
import { vi } from "vitest";
import { newQueryClient } from "../src/api/queries";
import type { Product } from "../src/api/shop";
import { routes } from "../src/routes";

const CONFIG = {
  region: "eu-central-1",
  userPoolId: "eu-central-1_pool",
  userPoolClientId: "client",
  apiUrl: "/api",
};

/** A product in which only what matters differs from any other. */
export function product(productId: string, changes: Partial<Product> = {}): Product {
  return {
    productId,
    name: `Product ${productId}`,
    description: "Made for every day.",
    category: "kitchen",
    priceCents: 4900,
    currency: "EUR",
    stock: 20,
    images: [`/media/products/${productId}.svg`],
    version: 1,
    createdAt: "2026-01-01T00:00:00Z",
    updatedAt: "2026-01-01T00:00:00Z",
    ...changes,
  };
}

/** A JSON answer. */
export function json(body: unknown): Response {
  return Response.json(body);
}

/** An error answer as the shop's API gives it. */
export function problem(status: number, detail: string, correlationId = "corr-1"): Response {
  return new Response(
    JSON.stringify({ type: "about:blank", title: "Problem", status, detail, correlationId }),
    {
      status,
      headers: { "Content-Type": "application/problem+json" },
    },
  );
}

type Answer = (url: URL, request: RequestInit) => Response | Promise<Response>;

/** Replaces the network: `/config.json` works, everything else is answered by the test. */
export function serve(answer: Answer) {
  const requests: URL[] = [];
  vi.stubGlobal("fetch", async (input: string, init: RequestInit = {}) => {
    const url = new URL(input, "http://shop.test");
    if (url.pathname === "/config.json") return json(CONFIG);
    requests.push(url);
    return answer(url, init);
  });
  return {
    /** The queries of all requests so far that asked for lists of products. */
    lists: () =>
      requests.filter((url) => url.pathname === "/api/products").map((url) => url.searchParams),
  };
}

/** Opens the shop at this address. */
export function open(path: string, state?: unknown) {
  const [pathname = "/", search] = path.split("?");
  const router = createMemoryRouter(routes, {
    initialEntries: [{ pathname, search: search ? `?${search}` : "", state }],
  });
  const client = newQueryClient();
  // Errors are to be seen at once; that temporary ones are tried again is tested on its own.
  client.setDefaultOptions({ queries: { ...client.getDefaultOptions().queries, retry: false } });
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return {
    user: userEvent.setup(),
    address: () => router.state.location.pathname + router.state.location.search,
    back: () => router.navigate(-1),
  };
}
