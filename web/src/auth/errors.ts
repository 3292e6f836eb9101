// Cognito's exceptions in words that help a customer. Cognito's own message is shown for what is not listed.
const MESSAGES: Record<string, string> = {
  NotAuthorizedException: "The e-mail address or the password is not correct.",
  UserNotFoundException: "The e-mail address or the password is not correct.",
  UsernameExistsException: "There is already an account with this e-mail address. Please sign in.",
  AliasExistsException: "There is already an account with this e-mail address. Please sign in.",
  UserNotConfirmedException: "Please confirm your e-mail address first.",
  CodeMismatchException: "This code is not correct. Please check it and try again.",
  ExpiredCodeException: "This code has expired. Please request a new one.",
  InvalidPasswordException: "The password does not meet the rules below.",
  PasswordHistoryPolicyViolationException:
    "You have used this password before. Please choose another one.",
  PasswordResetRequiredException: "Your password has to be reset before you can sign in.",
  LimitExceededException: "Too many attempts. Please wait a few minutes and try again.",
  TooManyRequestsException: "Too many attempts. Please wait a few minutes and try again.",
  TooManyFailedAttemptsException: "Too many attempts. Please wait a few minutes and try again.",
  CodeDeliveryFailureException: "The e-mail could not be sent. Please check the address.",
  NetworkError: "The shop cannot be reached. Please check your connection and try again.",
};

/** Name of a Cognito exception, or an empty string for anything else. */
export function authErrorName(error: unknown): string {
  return error instanceof Error ? error.name : "";
}

/** A sentence for the customer. */
export function authErrorMessage(error: unknown): string {
  const name = authErrorName(error);
  if (name === "NotAuthorizedException" && /attempts exceeded/i.test((error as Error).message)) {
    return MESSAGES.TooManyRequestsException ?? "";
  }
  // fetch's own errors: no connection, or code that could not be loaded.
  if (name === "TypeError") return MESSAGES.NetworkError ?? "";
  return (
    MESSAGES[name] ?? (error instanceof Error && error.message ? error.message : String(error))
  );
}
