// Everything that talks to the user pool. The session module imports this file lazily, because Amplify is as large as
// the rest of the storefront and most visitors never sign in.
import {
  autoSignIn,
  confirmSignIn,
  confirmSignUp,
  fetchAuthSession,
  resendSignUpCode,
  signIn as amplifySignIn,
  signOut as amplifySignOut,
  signUp as amplifySignUp,
} from "@aws-amplify/auth";
import { cognitoUserPoolsTokenProvider } from "@aws-amplify/auth/cognito";
import { Amplify } from "@aws-amplify/core";
import type { ShopConfig } from "../config";

/** What has to happen before the customer is signed in. */
export type SignInStep = "done" | "confirm-email" | "code" | "new-password" | "unsupported";

/** The tokens of the signed-in customer. */
export interface Session {
  accessToken: string;
  /** Claims of the ID token. */
  claims: { sub?: string; email?: string; name?: string };
}

/** The user pool's operations, in the shop's words. Errors keep Cognito's names; see errors.ts. */
export class Cognito {
  constructor(config: ShopConfig) {
    const Auth = {
      Cognito: {
        userPoolId: config.userPoolId,
        userPoolClientId: config.userPoolClientId,
        ...(config.cognitoEndpoint ? { userPoolEndpoint: config.cognitoEndpoint } : {}),
      },
    };
    // The aws-amplify package would do this, and bring a data store, analytics and three clouds of clients with it.
    cognitoUserPoolsTokenProvider.setAuthConfig(Auth);
    Amplify.configure({ Auth }, { Auth: { tokenProvider: cognitoUserPoolsTokenProvider } });
  }

  async signIn(email: string, password: string): Promise<SignInStep> {
    // Amplify refuses to sign in over a session that another tab left behind.
    await amplifySignOut();
    const { nextStep } = await amplifySignIn({
      username: email,
      password,
      // A proof that the customer knows the password goes over the wire, never the password.
      options: { authFlowType: "USER_SRP_AUTH" },
    });
    return stepOf(nextStep.signInStep);
  }

  /** Answers the step that signIn asked for: a code from an app or a message, or a new password. */
  async answer(response: string): Promise<SignInStep> {
    const { nextStep } = await confirmSignIn({ challengeResponse: response });
    return stepOf(nextStep.signInStep);
  }

  /** Creates the account; the user pool then sends a confirmation code by e-mail. */
  async signUp(name: string, email: string, password: string): Promise<void> {
    await amplifySignUp({
      username: email,
      password,
      options: {
        userAttributes: { email, name },
        autoSignIn: { authFlowType: "USER_SRP_AUTH" },
      },
    });
  }

  /** Confirms the e-mail address. Tells whether the customer is signed in by it, or has to sign in. */
  async confirm(email: string, code: string): Promise<"signed-in" | "confirmed"> {
    const { nextStep } = await confirmSignUp({ username: email, confirmationCode: code });
    if (nextStep.signUpStep !== "COMPLETE_AUTO_SIGN_IN") return "confirmed";
    try {
      return (await autoSignIn()).isSignedIn ? "signed-in" : "confirmed";
    } catch {
      // The address is confirmed all the same; the sign-in page tells what is wrong, if anything.
      return "confirmed";
    }
  }

  async resendCode(email: string): Promise<void> {
    await resendSignUpCode({ username: email });
  }

  /** The tokens, refreshed if they have expired; undefined when nobody is signed in any more. */
  async session(): Promise<Session | undefined> {
    const { tokens } = await fetchAuthSession();
    if (!tokens) return undefined;
    return {
      accessToken: tokens.accessToken.toString(),
      claims: tokens.idToken?.payload ?? {},
    };
  }

  async signOut(): Promise<void> {
    await amplifySignOut();
  }
}

function stepOf(signInStep: string): SignInStep {
  switch (signInStep) {
    case "DONE":
      return "done";
    case "CONFIRM_SIGN_UP":
      return "confirm-email";
    case "CONFIRM_SIGN_IN_WITH_TOTP_CODE":
    case "CONFIRM_SIGN_IN_WITH_SMS_CODE":
    case "CONFIRM_SIGN_IN_WITH_EMAIL_CODE":
      return "code";
    case "CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED":
      return "new-password";
    default:
      return "unsupported";
  }
}
