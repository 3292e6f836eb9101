/** A rule of the user pool's password policy. */
export interface PasswordRule {
  text: string;
  test: (password: string) => boolean;
}

/** The user pool's password policy. The pool itself has the last word; here it is shown while typing. */
export const PASSWORD_RULES: readonly PasswordRule[] = [
  { text: "at least 12 characters", test: (password) => password.length >= 12 },
  { text: "an upper-case letter", test: (password) => /[A-Z]/.test(password) },
  { text: "a lower-case letter", test: (password) => /[a-z]/.test(password) },
  { text: "a digit", test: (password) => /[0-9]/.test(password) },
];

/** Whether the password meets every rule. */
export function meetsPolicy(password: string): boolean {
  return PASSWORD_RULES.every((rule) => rule.test(password));
}
