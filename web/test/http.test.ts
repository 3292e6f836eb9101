import { expect, test, vi } from "vitest";
import { ApiError, getJson } from "../src/api/http";
import { newQueryClient } from "../src/api/queries";
import { problem } from "./shop";

async function errorOf(response: Promise<Response>): Promise<ApiError> {
  vi.stubGlobal("fetch", () => response);
  const error: unknown = await getJson("/api/products").catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

test("problem details become an error with detail and correlation id", async () => {
  const error = await errorOf(Promise.resolve(problem(400, "limit must be 1 to 100", "corr-7")));
  expect(error).toMatchObject({
    status: 400,
    title: "Problem",
    message: "limit must be 1 to 100",
    correlationId: "corr-7",
    isTemporary: false,
  });
});

test("an error answer that is no problem document keeps the correlation id of its header", async () => {
  const response = new Response('{"message":"Unauthorized"}', {
    status: 401,
    headers: { "Content-Type": "application/json", "X-Correlation-Id": "corr-8" },
  });
  const error = await errorOf(Promise.resolve(response));
  expect(error).toMatchObject({ status: 401, correlationId: "corr-8" });
  expect(error.message).toContain("401");
});

test("no answer, and an answer that is not JSON, are temporary errors in plain words", async () => {
  const offline = await errorOf(Promise.reject(new TypeError("Failed to fetch")));
  expect(offline).toMatchObject({ status: 0, title: "No connection", isTemporary: true });
  const html = await errorOf(Promise.resolve(new Response("<html>")));
  expect(html).toMatchObject({ status: 502, isTemporary: true });
});

test("an access token is sent as a bearer token", async () => {
  const fetch = vi.fn<typeof globalThis.fetch>(() => Promise.resolve(Response.json({})));
  vi.stubGlobal("fetch", fetch);
  await getJson("/api/users/me", { accessToken: "abc" });
  expect(new Headers(fetch.mock.calls[0]?.[1]?.headers).get("Authorization")).toBe("Bearer abc");
});

test("the caller's abort is no error of the shop", async () => {
  vi.stubGlobal("fetch", (_url: string, { signal }: RequestInit) => {
    signal?.throwIfAborted();
    return Promise.resolve(Response.json({}));
  });
  const error: unknown = await getJson("/api/products", { signal: AbortSignal.abort() }).catch(
    (reason: unknown) => reason,
  );
  expect(error).not.toBeInstanceOf(ApiError);
});

test("only temporary errors are tried again, and not for ever", () => {
  const retry = newQueryClient().getDefaultOptions().queries?.retry as (
    n: number,
    e: Error,
  ) => boolean;
  expect(retry(0, new ApiError(503, {}))).toBe(true);
  expect(retry(2, new ApiError(503, {}))).toBe(false);
  expect(retry(0, new ApiError(404, {}))).toBe(false);
});
