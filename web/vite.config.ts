import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The development server shows the sources; everything else comes from the running local shop.
const shop = `http://localhost:${process.env.SHOP_PORT ?? "8080"}`;

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: { "/api": shop, "/media": shop, "/config.json": shop },
  },
  build: {
    target: "es2022",
    // No data: URIs: the content security policy allows them for pictures only, and a file of its own is cached for good.
    assetsInlineLimit: 0,
    // Every browser of the target preloads modules by itself.
    modulePreload: { polyfill: false },
  },
  test: {
    environment: "jsdom",
    setupFiles: "./test/setup.ts",
    include: ["test/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    unstubGlobals: true,
  },
});
