// Builds one script per page; web/pages.py finds the hashed names in dist/.vite/manifest.json.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const entries = ["courier/main.ts", "console/main.ts", "planner/main.ts", "docs/main.ts"];

export default defineConfig({
  root: here("."),
  base: "/static/",
  publicDir: here("static"),
  build: {
    outDir: here("dist"),
    emptyOutDir: true,
    manifest: true,
    // WeChat's built-in browsers on old phones; nothing newer may be needed.
    target: ["es2019", "chrome80", "safari13"],
    cssTarget: ["chrome80", "safari13"],
    modulePreload: false,
    // Swagger UI is one file of 1.6 MB, and only /docs loads it.
    chunkSizeWarningLimit: 1700,
    rolldownOptions: { input: entries.filter((entry) => existsSync(here(entry))).map(here) },
  },
});
