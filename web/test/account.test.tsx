import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { json, open, problem, serve } from "./shop";

// The user pool's client is replaced; everything the customer sees is real.
const pool = vi.hoisted(() => ({
  signIn: vi.fn(),
  answer: vi.fn(),
  signUp: vi.fn(),
  confirm: vi.fn(),
  resendCode: vi.fn(),
  session: vi.fn(),
  signOut: vi.fn(),
}));
vi.mock("../src/auth/cognito", () => ({
  Cognito: vi.fn(function () {
    return pool;
  }),
}));

function refusal(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}

beforeEach(() => {
  for (const operation of Object.values(pool)) operation.mockReset().mockResolvedValue(undefined);
  pool.session.mockResolvedValue({
    accessToken: "token",
    claims: { sub: "1", name: "Ada (token)" },
  });
  serve((url, { headers }) => {
    if (url.pathname !== "/api/users/me") return json({ items: [] });
    return new Headers(headers).get("Authorization") === "Bearer token"
      ? json({ userId: "1", email: "ada@example.com", name: "Ada Lovelace", groups: [] })
      : problem(401, "The token is missing.");
  });
});

async function signIn(path = "/sign-in", state?: unknown) {
  const shop = open(path, state);
  await shop.user.type(await screen.findByLabelText("E-mail address"), "ada@example.com");
  await shop.user.type(screen.getByLabelText("Password"), "Correct-Horse-9");
  await shop.user.click(screen.getByTestId("submit"));
  return shop;
}

test("nobody is signed in at first, and the user pool is left alone", async () => {
  open("/");
  expect(await screen.findByTestId("sign-in-link")).toBeInTheDocument();
  expect(pool.session).not.toHaveBeenCalled();
});

test("signing in shows the name and goes back to where the customer was", async () => {
  pool.signIn.mockResolvedValue("done");
  const { address, user } = await signIn("/sign-in", { from: "/?category=books" });
  expect(await screen.findByTestId("user-name")).toHaveTextContent("Ada Lovelace");
  expect(pool.signIn).toHaveBeenCalledWith("ada@example.com", "Correct-Horse-9");
  await waitFor(() => {
    expect(address()).toBe("/?category=books");
  });

  await user.click(screen.getByTestId("sign-out"));
  expect(await screen.findByTestId("sign-in-link")).toBeInTheDocument();
  expect(pool.signOut).toHaveBeenCalled();
});

test("a session of an earlier visit goes on; one that has ended does not", async () => {
  localStorage.setItem("nordlicht.signedIn", "1");
  open("/");
  expect(await screen.findByTestId("user-name")).toHaveTextContent("Ada Lovelace");
});

test("a session that has ended is forgotten", async () => {
  localStorage.setItem("nordlicht.signedIn", "1");
  pool.session.mockResolvedValue(undefined);
  open("/");
  expect(await screen.findByTestId("sign-in-link")).toBeInTheDocument();
  expect(localStorage).toHaveLength(0);
});

test("the token's name stands in when the API does not answer", async () => {
  localStorage.setItem("nordlicht.signedIn", "1");
  serve((url) =>
    url.pathname === "/api/users/me" ? problem(500, "Broken.") : json({ items: [] }),
  );
  open("/");
  expect(await screen.findByTestId("user-name")).toHaveTextContent("Ada (token)");
});

test.each([
  [
    "NotAuthorizedException",
    "Incorrect username or password.",
    "The e-mail address or the password is not correct.",
  ],
  ["NotAuthorizedException", "Password attempts exceeded", "Too many attempts."],
  ["TooManyRequestsException", "Rate exceeded", "Too many attempts."],
  ["TypeError", "Failed to fetch", "The shop cannot be reached."],
  ["SomethingNewException", "Cognito says so.", "Cognito says so."],
])("signing in, %s (%s): %s", async (name, message, text) => {
  pool.signIn.mockRejectedValue(refusal(name, message));
  await signIn();
  expect(await screen.findByRole("alert")).toHaveTextContent(text);
  expect(screen.getByTestId("submit")).toHaveAttribute("aria-disabled", "false");
});

test.each([
  ["as a next step", () => pool.signIn.mockResolvedValue("confirm-email")],
  ["as an exception", () => pool.signIn.mockRejectedValue(refusal("UserNotConfirmedException"))],
])("an unconfirmed address gets a new code and is confirmed first (%s)", async (_, arrange) => {
  arrange();
  const { address, user } = await signIn();
  await waitFor(() => {
    expect(address()).toBe("/sign-up/confirm");
  });
  expect(pool.resendCode).toHaveBeenCalledWith("ada@example.com");
  pool.confirm.mockResolvedValue("confirmed");
  await user.type(await screen.findByLabelText("Confirmation code"), "123456");
  await user.click(screen.getByTestId("submit"));
  expect(
    await screen.findByText("Your e-mail address is confirmed. Please sign in."),
  ).toBeInTheDocument();
  expect(screen.getByLabelText("E-mail address")).toHaveValue("ada@example.com");
});

test("an account with a second factor is asked for its code", async () => {
  pool.signIn.mockResolvedValue("code");
  pool.answer.mockResolvedValue("done");
  const { user } = await signIn();
  await user.type(await screen.findByLabelText("Code from your app or message"), "654321");
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByTestId("user-name")).toBeInTheDocument();
  expect(pool.answer).toHaveBeenCalledWith("654321");
});

async function signUp(password: string) {
  const shop = open("/sign-up");
  await shop.user.type(await screen.findByLabelText("Name"), "Ada Lovelace");
  await shop.user.type(screen.getByLabelText("E-mail address"), "ada@example.com");
  await shop.user.type(screen.getByLabelText("Password"), password);
  return shop;
}

const missingRules = () =>
  within(screen.getByTestId("password-rules"))
    .getAllByRole("listitem")
    .filter((rule) => rule.dataset.met === "false");

test("the password's rules are checked while typing, and before anything is sent", async () => {
  const { user } = await signUp("correct-horse");
  expect(missingRules()).toHaveLength(2);
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByRole("alert")).toHaveTextContent("does not meet the rules");
  expect(pool.signUp).not.toHaveBeenCalled();
  await user.type(screen.getByLabelText("Password"), "-A1");
  expect(missingRules()).toHaveLength(0);
});

test("signing up: account, wrong code, new code, right code, signed in", async () => {
  const { user, address } = await signUp("Correct-Horse-9");
  await user.click(screen.getByTestId("submit"));
  const code = await screen.findByLabelText("Confirmation code");
  expect(pool.signUp).toHaveBeenCalledWith("Ada Lovelace", "ada@example.com", "Correct-Horse-9");
  expect(address()).toBe("/sign-up/confirm");
  expect(screen.getByTestId("form-notice")).toHaveTextContent("ada@example.com");

  pool.confirm.mockRejectedValueOnce(refusal("CodeMismatchException"));
  await user.type(code, "000000");
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByRole("alert")).toHaveTextContent("This code is not correct.");

  await user.click(screen.getByTestId("resend"));
  expect(await screen.findByText("A new code is on its way.")).toBeInTheDocument();
  expect(pool.resendCode).toHaveBeenCalledWith("ada@example.com");

  pool.confirm.mockResolvedValueOnce("signed-in");
  await user.clear(code);
  await user.type(code, "123456");
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByTestId("user-name")).toHaveTextContent("Ada Lovelace");
  expect(pool.confirm).toHaveBeenLastCalledWith("ada@example.com", "123456");
});

test.each([
  ["UsernameExistsException", "There is already an account with this e-mail address."],
  ["InvalidPasswordException", "The password does not meet the rules below."],
  ["LimitExceededException", "Too many attempts."],
])("signing up, %s: %s", async (name, text) => {
  pool.signUp.mockRejectedValue(refusal(name));
  const { user, address } = await signUp("Correct-Horse-9");
  await user.click(screen.getByTestId("submit"));
  expect(await screen.findByRole("alert")).toHaveTextContent(text);
  expect(address()).toBe("/sign-up");
});
