import { createContext, useContext } from "react";
import { getJson } from "./api/http";

/** What the deployment tells the storefront at start, in `/config.json`. */
export interface ShopConfig {
  region: string;
  userPoolId: string;
  userPoolClientId: string;
  /** Address of the identity provider where it is not AWS itself, as on one machine. */
  cognitoEndpoint?: string;
  /** Base address of the API, without a slash at its end. */
  apiUrl: string;
}

/** Reads the deployment's configuration. It is asked for once per visit. */
export async function loadConfig(signal?: AbortSignal): Promise<ShopConfig> {
  const config = await getJson<ShopConfig>("/config.json", { signal });
  return { ...config, apiUrl: config.apiUrl.replace(/\/+$/, "") };
}

const ConfigContext = createContext<ShopConfig | undefined>(undefined);

/** Hands the configuration to everything below it. */
export const ConfigProvider = ConfigContext.Provider;

/** The deployment's configuration; only below a ConfigProvider. */
export function useConfig(): ShopConfig {
  const config = useContext(ConfigContext);
  if (!config) {
    throw new Error("useConfig was called outside ConfigProvider: wrap the component in one");
  }
  return config;
}
