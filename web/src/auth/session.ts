import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { getMe, type User } from "../api/shop";
import { type ShopConfig, useConfig } from "../config";
import type { Cognito } from "./cognito";

// Remembers only that there is a session, so that visitors without one never load Amplify. The tokens are Amplify's.
const SIGNED_IN_KEY = "nordlicht.signedIn";

let cognito: Promise<Cognito> | undefined;

/** The user pool's client, loaded when it is first needed. */
export function loadCognito(config: ShopConfig): Promise<Cognito> {
  cognito ??= import("./cognito").then((module) => new module.Cognito(config));
  cognito.catch(() => {
    cognito = undefined; // A download that failed may be tried again.
  });
  return cognito;
}

/** The signed-in customer, or null. */
export function sessionQuery(config: ShopConfig) {
  return queryOptions({
    queryKey: ["session"],
    queryFn: ({ signal }) => loadUser(config, signal),
    staleTime: 5 * 60_000,
    // Somebody may have signed in or out in another tab.
    refetchOnWindowFocus: true,
  });
}

async function loadUser(config: ShopConfig, signal: AbortSignal): Promise<User | null> {
  if (localStorage.getItem(SIGNED_IN_KEY) === null) return null;
  const session = await (await loadCognito(config)).session();
  if (!session) {
    localStorage.removeItem(SIGNED_IN_KEY);
    return null;
  }
  try {
    return await getMe(config.apiUrl, session.accessToken, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    // The token itself tells enough for a greeting.
    const { sub = "", email = "", name = "" } = session.claims;
    return { userId: sub, email, name, groups: [] };
  }
}

/** Who is signed in, and how to change that. */
export function useSession() {
  const config = useConfig();
  const client = useQueryClient();
  const { data: user, isPending } = useQuery(sessionQuery(config));

  /** To be called once Cognito has accepted the customer. */
  const begin = useCallback(async () => {
    localStorage.setItem(SIGNED_IN_KEY, "1");
    await client.invalidateQueries({ queryKey: ["session"] });
  }, [client]);

  const signOut = useCallback(async () => {
    localStorage.removeItem(SIGNED_IN_KEY);
    client.setQueryData(sessionQuery(config).queryKey, null);
    await (await loadCognito(config)).signOut();
  }, [client, config]);

  return { user, isPending, begin, signOut };
}
