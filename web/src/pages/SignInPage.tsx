import { useState } from "react";
import { Link, useNavigate } from "react-router";
import type { SignInStep } from "../auth/cognito";
import { authErrorName } from "../auth/errors";
import { loadCognito, useSession } from "../auth/session";
import { useVisit, type Visit } from "../auth/visit";
import { CodeField, EmailField, Field, Form, NewPasswordField } from "../components/Form";
import { useConfig } from "../config";
import { useTitle } from "../lib/useTitle";

/** Signing in: e-mail address and password, and whatever else the account asks for. */
export function SignInPage() {
  useTitle("Sign in");
  const config = useConfig();
  const { begin } = useSession();
  const visit = useVisit();
  const navigate = useNavigate();
  const [step, setStep] = useState<SignInStep>();

  async function goOn(next: SignInStep, email?: string) {
    if (next === "done") {
      await begin();
      await navigate(visit.from ?? "/", { replace: true });
    } else if (next === "confirm-email" && email !== undefined) {
      await confirmFirst(email);
    } else if (next === "code" || next === "new-password") {
      setStep(next);
    } else {
      throw new Error("This account asks for a way to sign in that the shop does not offer.");
    }
  }

  async function confirmFirst(email: string) {
    await (await loadCognito(config)).resendCode(email);
    const state: Visit = { ...visit, email, notice: "Please confirm your e-mail address first." };
    await navigate("/sign-up/confirm", { state });
  }

  async function signIn({ email = "", password = "" }: Record<string, string>) {
    const address = email.trim();
    try {
      await goOn(await (await loadCognito(config)).signIn(address, password), address);
    } catch (error) {
      if (authErrorName(error) !== "UserNotConfirmedException") throw error;
      await confirmFirst(address);
    }
  }

  async function answer(response = "") {
    await goOn(await (await loadCognito(config)).answer(response));
  }

  if (step === "code") {
    return (
      <Form
        key="code"
        title="Enter your code"
        submitLabel="Sign in"
        onSubmit={({ code }) => answer(code?.trim())}
      >
        <CodeField label="Code from your app or message" />
      </Form>
    );
  }
  if (step === "new-password") {
    return (
      <Form
        key="new-password"
        title="Choose a new password"
        submitLabel="Save and sign in"
        onSubmit={({ password }) => answer(password)}
      >
        <NewPasswordField />
      </Form>
    );
  }
  return (
    <Form
      title="Sign in"
      submitLabel="Sign in"
      onSubmit={signIn}
      notice={visit.notice}
      footer={
        <p>
          New here?{" "}
          <Link to="/sign-up" state={visit.from ? { from: visit.from } : undefined}>
            Create an account
          </Link>
        </p>
      }
    >
      <EmailField defaultValue={visit.email} />
      <Field label="Password" name="password" type="password" autoComplete="current-password" />
    </Form>
  );
}
