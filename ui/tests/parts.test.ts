/** Each page is loaded with the texts that it and all it is made of ask for, and with no others. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import type { Route } from "../src/routes.ts";
import { partOf } from "../src/staff/kinds.ts";

const SOURCES = join(import.meta.dirname, "..", "src");
const PARTS = readdirSync(join(SOURCES, "words", "en")).map((name) => name.replace(/\.ts$/, ""));
const KEY = new RegExp(`["'\`](${PARTS.join("|")})\\.[\\w$]`, "g");
/** What loads its own texts, when it is shown. */
const LOADS_ITSELF = ["parts/RefusalBox.svelte", "words/words.svelte.ts", "routes.ts"];

/** A page and everything that it imports for use. */
function madeOf(page: string, seen = new Set<string>()): Set<string> {
  if (seen.has(page) || LOADS_ITSELF.includes(relative(SOURCES, page)) || !existsSync(page)) return seen;
  seen.add(page);
  const source = readFileSync(page, "utf8");
  for (const [, named = ""] of source.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) madeOf(join(dirname(page), named), seen);
  return seen;
}

function partsIn(page: string): string[] {
  const source = readFileSync(page, "utf8");
  const keys = [...source.matchAll(KEY)].map(([, part = ""]) => part);
  const kinds = [...source.matchAll(/\b(?:said|options)\(\s*["'`](\w+)/g)].map(([, kind = ""]) => partOf(kind));
  return [...keys, ...kinds];
}

for (const area of readdirSync(SOURCES).filter((each) => existsSync(join(SOURCES, each, "routes.ts")))) {
  const { ROUTES } = (await import(join(SOURCES, area, "routes.ts"))) as { ROUTES: readonly Route[] };
  for (const { path, load, parts } of ROUTES) {
    test(`${path} has its texts`, () => {
      const page = join(SOURCES, area, /import\("(.+?)"\)/.exec(String(load))?.[1] ?? "");
      assert.ok(existsSync(page), page);
      const asked = new Set([...madeOf(page)].flatMap(partsIn));
      asked.delete("shell");
      const given = new Set<string>(parts);
      assert.deepEqual([...asked].filter((part) => !given.has(part)), [], "not loaded");
      // A page in which something may be refused has the words of refusals before the network is away.
      assert.deepEqual([...given].filter((part) => !asked.has(part) && part !== "refusals"), [], "loaded for nothing");
    });
  }
}
