import { Link, useLocation } from "react-router";
import { useSession } from "../auth/session";
import styles from "./Account.module.css";

/** Who is signed in, in the header. */
export function Account() {
  const { user, isPending, signOut } = useSession();
  const { pathname, search } = useLocation();
  if (isPending) return null;
  if (!user) {
    const signingIn = pathname === "/sign-in" || pathname.startsWith("/sign-up");
    return (
      <Link
        to="/sign-in"
        state={signingIn ? undefined : { from: pathname + search }}
        className={styles.link}
        data-testid="sign-in-link"
      >
        Sign in
      </Link>
    );
  }
  return (
    <>
      <Link to="/account" className={styles.name} data-testid="user-name" title={user.email}>
        {user.name || user.email}
      </Link>
      <button
        type="button"
        className={styles.link}
        data-testid="sign-out"
        onClick={() => void signOut()}
      >
        Sign out
      </button>
    </>
  );
}
