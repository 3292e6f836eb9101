import { useState } from "react";
import { useNavigate } from "react-router";
import { authErrorMessage } from "../auth/errors";
import { loadCognito, useSession } from "../auth/session";
import { useVisit, type Visit } from "../auth/visit";
import { CodeField, EmailField, Form } from "../components/Form";
import { useConfig } from "../config";
import { useTitle } from "../lib/useTitle";

/** Confirming the e-mail address with the code that was sent to it. */
export function ConfirmPage() {
  useTitle("Confirm your e-mail address");
  const config = useConfig();
  const { begin } = useSession();
  const visit = useVisit();
  const navigate = useNavigate();
  const [resent, setResent] = useState<string>();

  async function confirm({ email = visit.email ?? "", code = "" }: Record<string, string>) {
    const address = email.trim();
    const outcome = await (await loadCognito(config)).confirm(address, code.trim());
    if (outcome === "signed-in") {
      await begin();
      await navigate(visit.from ?? "/", { replace: true });
      return;
    }
    const state: Visit = {
      ...visit,
      email: address,
      notice: "Your e-mail address is confirmed. Please sign in.",
    };
    await navigate("/sign-in", { state, replace: true });
  }

  async function resend(email: string) {
    try {
      await (await loadCognito(config)).resendCode(email);
      setResent("A new code is on its way.");
    } catch (error) {
      setResent(authErrorMessage(error));
    }
  }

  const { email } = visit;
  return (
    <Form
      title="Confirm your e-mail address"
      submitLabel="Confirm"
      onSubmit={confirm}
      notice={
        email ? (
          <>
            {visit.notice} We have sent a six-digit code to <strong>{email}</strong>.
          </>
        ) : (
          "Enter the six-digit code that we have sent to you."
        )
      }
      footer={
        email && (
          <>
            <p>
              Nothing arrived?{" "}
              <button type="button" data-testid="resend" onClick={() => void resend(email)}>
                Send a new code
              </button>
            </p>
            <p role="status" data-testid="resent">
              {resent}
            </p>
          </>
        )
      }
    >
      {!email && <EmailField />}
      <CodeField label="Confirmation code" />
    </Form>
  );
}
