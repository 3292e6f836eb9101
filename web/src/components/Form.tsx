import { type ComponentProps, type ReactNode, type SyntheticEvent, useId, useState } from "react";
import { authErrorMessage } from "../auth/errors";
import { PASSWORD_RULES } from "../auth/password";
import styles from "./Form.module.css";

interface FormProps {
  title: string;
  submitLabel: string;
  /** What to do with the fields' values; an error it throws is shown in words for customers. */
  onSubmit: (values: Record<string, string>) => Promise<void>;
  /** A remark above the fields. */
  notice?: ReactNode;
  children: ReactNode;
  /** What is below the button: other ways to go. */
  footer?: ReactNode;
}

/** A page with one form: it can be sent once at a time and says why it was refused. */
export function Form({ title, submitLabel, onSubmit, notice, children, footer }: FormProps) {
  const [error, setError] = useState<string>();
  const [isSending, setSending] = useState(false);

  async function send(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault();
    if (isSending) return;
    const values: Record<string, string> = {};
    for (const [name, value] of new FormData(event.currentTarget)) {
      if (typeof value === "string") values[name] = value;
    }
    setError(undefined);
    setSending(true);
    try {
      await onSubmit(values);
    } catch (reason) {
      setError(authErrorMessage(reason));
    } finally {
      setSending(false);
    }
  }

  return (
    <div className={styles.page}>
      <h1>{title}</h1>
      {notice && (
        <p className={styles.notice} role="status" data-testid="form-notice">
          {notice}
        </p>
      )}
      <form onSubmit={send} className={styles.form}>
        {error && (
          <p className={styles.error} role="alert" data-testid="form-error">
            {error}
          </p>
        )}
        {children}
        <button
          type="submit"
          className="button button-primary"
          aria-disabled={isSending}
          data-testid="submit"
        >
          {isSending ? "One moment…" : submitLabel}
        </button>
      </form>
      {footer && <div className={styles.footer}>{footer}</div>}
    </div>
  );
}

type FieldProps = ComponentProps<"input"> & { label: string; name: string };

/** A text field with its label. */
export function Field({ label, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <input id={id} required {...input} />
    </div>
  );
}

type ChoiceProps = ComponentProps<"select"> & { label: string; name: string };

/** A choice of one with its label. */
export function Choice({ label, ...select }: ChoiceProps) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      <select id={id} {...select} />
    </div>
  );
}

/** The field for the e-mail address. */
export function EmailField({ defaultValue }: { defaultValue?: string | undefined }) {
  return (
    <Field
      label="E-mail address"
      name="email"
      type="email"
      autoComplete="username"
      maxLength={254}
      defaultValue={defaultValue}
    />
  );
}

/** The field for a code that was sent to the customer. */
export function CodeField({ label }: { label: string }) {
  return (
    <Field
      label={label}
      name="code"
      inputMode="numeric"
      autoComplete="one-time-code"
      pattern="\s*[0-9]{6}\s*"
      title="The six digits of the code"
      maxLength={10}
    />
  );
}

/** The field for a new password. It shows, while typing, which rules are met. */
export function NewPasswordField() {
  const id = useId();
  const [password, setPassword] = useState("");
  return (
    <div>
      <Field
        label="Password"
        name="password"
        type="password"
        autoComplete="new-password"
        maxLength={99}
        aria-describedby={id}
        value={password}
        onChange={({ target }) => {
          setPassword(target.value);
        }}
      />
      <ul id={id} className={styles.rules} aria-label="A password has" data-testid="password-rules">
        {PASSWORD_RULES.map(({ text, test }) => (
          <li key={text} data-met={test(password)}>
            {text}
            <span className="visually-hidden">{test(password) ? " (done)" : " (missing)"}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
