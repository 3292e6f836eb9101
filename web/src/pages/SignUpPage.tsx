import { Link, useNavigate } from "react-router";
import { meetsPolicy } from "../auth/password";
import { loadCognito } from "../auth/session";
import { useVisit, type Visit } from "../auth/visit";
import { EmailField, Field, Form, NewPasswordField } from "../components/Form";
import { useConfig } from "../config";
import { useTitle } from "../lib/useTitle";

/** Creating an account. The next page asks for the code that then arrives by e-mail. */
export function SignUpPage() {
  useTitle("Create an account");
  const config = useConfig();
  const visit = useVisit();
  const navigate = useNavigate();

  async function signUp({ name = "", email = "", password = "" }: Record<string, string>) {
    if (!meetsPolicy(password)) throw new Error("The password does not meet the rules below yet.");
    const address = email.trim();
    await (await loadCognito(config)).signUp(name.trim(), address, password);
    const state: Visit = { ...visit, email: address };
    await navigate("/sign-up/confirm", { state });
  }

  return (
    <Form
      title="Create an account"
      submitLabel="Create account"
      onSubmit={signUp}
      footer={
        <p>
          Already a customer?{" "}
          <Link to="/sign-in" state={visit}>
            Sign in
          </Link>
        </p>
      }
    >
      <Field label="Name" name="name" autoComplete="name" maxLength={120} />
      <EmailField defaultValue={visit.email} />
      <NewPasswordField />
    </Form>
  );
}
