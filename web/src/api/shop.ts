import { getJson, sendJson } from "./http";

/** A thing on sale, as the API returns it. */
export interface Product {
  productId: string;
  name: string;
  description: string;
  /** Slug of the category, e.g. `coffee-tea`. */
  category: string;
  /** Price in the currency's minor unit, e.g. cents. */
  priceCents: number;
  /** ISO 4217 code. */
  currency: string;
  stock: number;
  /** Addresses of the pictures, the most important first. */
  images: string[];
  version: number;
  createdAt: string;
  updatedAt: string;
}

/** Some products in order, and how to go on. */
export interface ProductPage {
  items: Product[];
  /** Opaque; absent on the last page. */
  nextCursor?: string;
}

/** The orders in which the API lists products. */
export const SORTS = ["name", "-name", "newest", "price", "-price"] as const;

export type Sort = (typeof SORTS)[number];

/** Which products to list. */
export interface ProductQuery {
  category?: string | undefined;
  /** Words that must all occur in name, description or category. */
  q?: string | undefined;
  sort?: Sort | undefined;
  limit?: number | undefined;
  cursor?: string | undefined;
}

/** The signed-in customer. */
export interface User {
  userId: string;
  email: string;
  name: string;
  groups: string[];
}

/** Where parcels go. */
export interface Address {
  name: string;
  street: string;
  city: string;
  postcode: string;
  /** ISO 3166-1 code, e.g. `DE`. */
  country: string;
}

/** What the shop knows of the signed-in customer. */
export interface Profile extends User {
  /** Where parcels go unless an order says otherwise. */
  shippingAddress?: Address;
  version: number;
}

/** What customers can change of themselves. An address that is left out is removed. */
export type ProfileDraft = Pick<Profile, "name" | "shippingAddress">;

/** Lists products, a page at a time. */
export function listProducts(
  apiUrl: string,
  query: ProductQuery,
  signal?: AbortSignal,
): Promise<ProductPage> {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") params.set(name, String(value));
  }
  return getJson(`${apiUrl}/products?${params}`, { signal });
}

/** Gets one product; an ApiError with status 404 if there is none of this id. */
export function getProduct(apiUrl: string, id: string, signal?: AbortSignal): Promise<Product> {
  return getJson(`${apiUrl}/products/${encodeURIComponent(id)}`, { signal });
}

/** Gets the customer to whom the access token belongs. */
export function getMe(apiUrl: string, accessToken: string, signal?: AbortSignal): Promise<Profile> {
  return getJson(`${apiUrl}/users/me`, { accessToken, signal });
}

/** Changes the customer's profile; an ApiError with status 412 if it is not of this version any more. */
export function putMe(
  apiUrl: string,
  accessToken: string,
  version: number,
  draft: ProfileDraft,
): Promise<Profile> {
  return sendJson(`${apiUrl}/users/me`, {
    method: "PUT",
    accessToken,
    ifMatch: version,
    body: draft,
  });
}

/** Deletes the customer's account. */
export function deleteMe(apiUrl: string, accessToken: string): Promise<void> {
  return sendJson(`${apiUrl}/users/me`, { method: "DELETE", accessToken });
}
