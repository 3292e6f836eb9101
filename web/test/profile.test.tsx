import { screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { json, open, problem, serve } from "./shop";

const pool = vi.hoisted(() => ({ session: vi.fn(), signOut: vi.fn() }));
vi.mock("../src/auth/cognito", () => ({
  Cognito: vi.fn(function () {
    return pool;
  }),
}));

const HOME = {
  name: "Ada Lovelace",
  street: "Kai 1",
  city: "Kiel",
  postcode: "24103",
  country: "DE",
};

// What the API holds, and the changes that it was asked for.
let profile: Record<string, unknown>;
let changes: { method: string; ifMatch: string | null; body: unknown }[];
let refuse: (() => Response) | undefined;

beforeEach(() => {
  localStorage.setItem("nordlicht.signedIn", "1");
  pool.session.mockReset().mockResolvedValue({ accessToken: "token", claims: {} });
  pool.signOut.mockReset().mockResolvedValue(undefined);
  profile = {
    userId: "1",
    email: "ada@example.com",
    name: "Ada",
    groups: [],
    version: 3,
    shippingAddress: HOME,
  };
  changes = [];
  refuse = undefined;
  serve((url, { method, headers, body }) => {
    if (url.pathname !== "/api/users/me") return json({ items: [] });
    if (new Headers(headers).get("Authorization") !== "Bearer token") return problem(401, "No.");
    if (!method) return json(profile);
    const sent = typeof body === "string" ? (JSON.parse(body) as object) : undefined;
    changes.push({ method, ifMatch: new Headers(headers).get("If-Match"), body: sent });
    if (refuse) return refuse();
    if (method === "DELETE") return new Response(null, { status: 204 });
    delete profile.shippingAddress;
    profile = { ...profile, ...sent, version: 4 };
    return json(profile);
  });
});

test("the name in the header leads to the account, where name and address are changed", async () => {
  const { user, address } = open("/");
  await user.click(await screen.findByTestId("user-name"));
  const name = await screen.findByLabelText("Name");
  expect(address()).toBe("/account");
  expect(name).toHaveValue("Ada");
  expect(screen.getByLabelText("Country")).toHaveDisplayValue("Germany");
  expect(screen.getByTestId("form-notice")).toHaveTextContent("ada@example.com");

  await user.clear(name);
  await user.type(name, "Ada King");
  await user.clear(screen.getByLabelText("City"));
  await user.type(screen.getByLabelText("City"), "Paris");
  await user.selectOptions(screen.getByLabelText("Country"), "France");
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByText("Saved.")).toBeInTheDocument();
  expect(changes).toEqual([
    {
      method: "PUT",
      ifMatch: '"3"',
      body: { name: "Ada King", shippingAddress: { ...HOME, city: "Paris", country: "FR" } },
    },
  ]);
  await waitFor(() => {
    expect(screen.getByTestId("user-name")).toHaveTextContent("Ada King");
  });
});

test("an address is given as a whole, or not at all", async () => {
  const { user } = open("/account");
  await user.clear(await screen.findByLabelText("Street and number"));
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByTestId("form-error")).toHaveTextContent("complete the address");
  expect(changes).toHaveLength(0);

  for (const label of ["Recipient", "Postcode", "City"]) {
    await user.clear(screen.getByLabelText(label));
  }
  await user.selectOptions(screen.getByLabelText("Country"), "–");
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByText("Saved.")).toBeInTheDocument();
  expect(changes[0]?.body).toEqual({ name: "Ada" });
});

test("a change that comes too late shows what is there now; a wrong one says why", async () => {
  const { user } = open("/account");
  await screen.findByLabelText("Name");
  refuse = () => problem(412, 'The profile\'s version is "7".');
  profile = { ...profile, name: "Ada (phone)", version: 7 };
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByText(/changed elsewhere/)).toBeInTheDocument();
  expect(screen.getByLabelText("Name")).toHaveValue("Ada (phone)");

  refuse = () =>
    new Response(
      JSON.stringify({ status: 400, errors: [{ field: "name", message: "is too long" }] }),
      { status: 400, headers: { "Content-Type": "application/problem+json" } },
    );
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByText("name is too long")).toBeInTheDocument();
});

test("deleting the account asks first, and then forgets the customer", async () => {
  const { user, address } = open("/account");
  await user.click(await screen.findByTestId("delete-account"));
  await user.click(screen.getByTestId("delete-cancel"));
  expect(changes).toHaveLength(0);

  await user.click(screen.getByTestId("delete-account"));
  refuse = () => problem(409, "Administrators cannot delete their own account.");
  await user.click(screen.getByTestId("delete-confirm"));
  expect(await screen.findByTestId("delete-error")).toHaveTextContent("Administrators cannot");
  expect(address()).toBe("/account");

  refuse = undefined;
  pool.signOut.mockRejectedValue(new Error("User does not exist."));
  await user.click(screen.getByTestId("delete-confirm"));
  expect(await screen.findByTestId("sign-in-link")).toBeInTheDocument();
  expect(address()).toBe("/");
  expect(changes.map(({ method }) => method)).toEqual(["DELETE", "DELETE"]);
  expect(localStorage).toHaveLength(0);
});

test("who is not signed in is shown where to", async () => {
  localStorage.clear();
  open("/account");
  expect(await screen.findByTestId("empty")).toHaveTextContent("Sign in");
});
