// Builds the coverage map's script as one classic file: folium's page wants Leaflet as a global
// before its own inline script. web/planner_map.py finds it in dist/.vite/planner_map.json.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import pages from "./vite.config.ts";

export default defineConfig({
  ...pages,
  publicDir: false,
  build: {
    ...pages.build,
    emptyOutDir: false,
    // Styles as a file: an iife would otherwise put them in by a style element without a nonce.
    cssCodeSplit: false,
    manifest: ".vite/planner_map.json",
    rolldownOptions: {
      input: fileURLToPath(new URL("planner/map_bundle.ts", import.meta.url)),
      output: { format: "iife", entryFileNames: "assets/planner_map-[hash].js" },
    },
  },
});
