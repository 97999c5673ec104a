import { svelte } from "@sveltejs/vite-plugin-svelte";
import { readdirSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

/** What each refusal means and what to do next, by its name, for programs in their users' language: /refusals.fr.json. */
function refusals(): Plugin {
  const words = new URL("./src/words/", import.meta.url);
  return {
    name: "refusals",
    apply: "build",
    async generateBundle() {
      for (const entry of readdirSync(words, { withFileTypes: true })) {
        if (!entry.isDirectory()) continue;
        const texts = (await import(new URL(`${entry.name}/refusals.ts`, words).href)) as { default: Record<string, string> };
        this.emitFile({ type: "asset", fileName: `refusals.${entry.name}.json`, source: JSON.stringify(texts.default) });
      }
    },
  };
}

// `lionrock serve` gives out what stands in built/; `npm run dev` asks a venue on port 8000.
export default defineConfig({
  plugins: [svelte(), refusals()],
  build: {
    outDir: "../src/lionrock/web/built",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0, // a data: address is no 'self' for the content-security policy
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 250,
  },
  server: { proxy: { "/lionrock": { target: "http://127.0.0.1:8000", ws: true }, "/api": "http://127.0.0.1:8000", "/quote": "http://127.0.0.1:8000" } },
});
