/** Every text of the page, in every language: none missing, none left in English, every `{name}` kept. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fill } from "../src/words/fill.ts";

const SOURCES = join(import.meta.dirname, "..", "src");
const WORDS = join(SOURCES, "words");
const LANGUAGES = ["en", "zh-Hant", "zh-Hans", "fr", "ar"];
const OTHERS = LANGUAGES.slice(1);
const PARTS = readdirSync(join(WORDS, "en")).map((name) => name.replace(/\.ts$/, ""));
const ANY_PART = PARTS.join("|");
/** Forms of Intl.PluralRules: a language has those that it needs. */
const FORMS = /\.(zero|one|two|few|many|other)$/;

/** Words that a language writes as English does, by language and key; names of people, products and formats need no entry. */
const SAME: Record<string, ReadonlySet<string>> = {
  fr: new Set(
    (
      "attestation attestations cause causes stablecoin stablecoins jeton action actions admission admissions clause clauses indices tests agent agents application applications article audit automatique biométrie capital certificat " +
      "cession classe client clients code codes commentaire commission conclusion condition conditions confirmation " +
      "confirmations correction date description destination direction document documents exception expert expiration " +
      "exposition finance format formation iceberg identification image images incident incidents index information " +
      "informations instrument instruments intention introduction investigation licence limitation maximum message " +
      "messages minimum mission mode module nationalité nature note notes notification notifications observation " +
      "observations occupation opposition option options origine page pages part participation parts passport phase " +
      "place point points portefeuille portion position positions possession preuve procuration profession " +
      "professions promotion proportion proposition protection question questionnaire questions quorum radiation " +
      "raison recommandation relation relations restriction restrictions revenus risque rotation sanction sanctions " +
      "score secret section segment service services session sessions signature simulation site situation solution " +
      "source sources staking statut stop structure suspension table test ticket total transaction transactions " +
      "transfert transmission type types variation version versions visa volume vote votes webhook"
    ).split(" "),
  ),
};
/** Nothing to translate: no letters, or only names, codes and units. */
const NAMES = /^(?:[\P{L}]|\{\w+\}|Lionrock|API|CSV|PDF|JSON|Parquet|IBAN|SWIFT|LEI|TOTP|IP|UTC|HMAC|Ed25519|SHA-256|CIDR|URL|ID|FATF|GTC|IOC|FOK|GTD|VWAP|TWAP|OHLC|KYC|OTC|USD|HKD|EUR|BTC|USDT|ms|s|h|bp|min|Excel|XLSX|Webhook|PEP)*$/u;

const isSame = (language: string, text: string): boolean =>
  text.toLowerCase().replace(/\{\w+\}/g, "").split(/[^\p{L}]+/u).every((word) => word === "" || SAME[language]?.has(word));

type Texts = Record<string, string>;
const texts: Record<string, Record<string, Texts>> = {};
for (const language of LANGUAGES) {
  texts[language] = {};
  for (const part of PARTS) texts[language][part] = ((await import(join(WORDS, language, `${part}.ts`))) as { default: Texts }).default;
}
const of = (language: string, part: string): Texts => texts[language]?.[part] ?? {};

const places = (text: string): string => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join(" ");
/** A key without its plural form. */
const bare = (key: string): string => key.replace(FORMS, "");
const bareKeys = (words: Texts): string[] => [...new Set(Object.keys(words).map(bare))].sort();

for (const part of PARTS) {
  for (const language of OTHERS) {
    test(`${part}: ${language} has the keys of English`, () => {
      assert.deepEqual(bareKeys(of(language, part)), bareKeys(of("en", part)));
    });
    test(`${part}: ${language} keeps the figures of each text`, () => {
      const wrong = Object.entries(of(language, part)).filter(([key, text]) => {
        const english = of("en", part);
        const meant = english[key] ?? english[`${bare(key)}.other`];
        if (meant === undefined) return false;
        // Singular and dual may say the number in words.
        const may = FORMS.test(key) && !key.endsWith(".other");
        return may ? places(text).split(" ").some((each) => each && !meant.includes(each)) : places(text) !== places(meant);
      });
      assert.deepEqual(wrong, []);
    });
    test(`${part}: ${language} is translated`, () => {
      const left = Object.entries(of(language, part)).filter(
        ([key, text]) => text === of("en", part)[key] && !NAMES.test(text) && !isSame(language, text),
      );
      assert.deepEqual(left, []);
    });
  }
  for (const language of LANGUAGES) {
    test(`${part}: ${language} has no empty text`, () => {
      assert.deepEqual(Object.entries(of(language, part)).filter(([, text]) => text.trim() === ""), []);
    });
    test(`${part}: ${language} has every plural form that it needs`, () => {
      const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
      const words = of(language, part);
      const counted = bareKeys(words).filter((key) => FORMS.test(Object.keys(words).find((each) => each.startsWith(`${key}.`) && bare(each) === key) ?? ""));
      const missing = counted.filter((key) => words[`${key}.other`] === undefined && needed.some((form) => words[`${key}.${form}`] === undefined));
      assert.deepEqual(missing, []);
    });
  }
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return path === WORDS ? [] : sources(path);
    return /\.(svelte|ts)$/.test(entry.name) && entry.name !== "schema.d.ts" ? [path] : [];
  });
}

test("every text that the page asks for is there", () => {
  const missing: string[] = [];
  const isThere = (part: string, key: string): boolean => of("en", part)[key] !== undefined || of("en", part)[`${key}.other`] !== undefined;
  for (const path of sources(SOURCES)) {
    const source = readFileSync(path, "utf8");
    for (const [, part = "", key = ""] of source.matchAll(new RegExp(`["'](${ANY_PART})\\.([\\w:.-]+)["']`, "g"))) {
      if (!isThere(part, key)) missing.push(`${part}.${key} in ${path}`);
    }
    for (const [, part = "", start = ""] of source.matchAll(new RegExp(`\`(${ANY_PART})\\.([\\w:.-]*)\\$\\{`, "g"))) {
      if (start && !Object.keys(of("en", part)).some((key) => key.startsWith(start))) missing.push(`${part}.${start}... in ${path}`);
    }
  }
  assert.deepEqual(missing, []);
});

const everyText = (language: string): [string, string][] => PARTS.flatMap((part) => Object.entries(of(language, part)).map(([key, text]): [string, string] => [`${part}.${key}`, text]));

test("French has narrow spaces that do not break before its marks, and curved apostrophes", () => {
  const wrong = everyText("fr").filter(([, text]) => / [;:!?»%](?!\w)|« |\w'\w|\S[;!?»](?!\w)/u.test(text));
  assert.deepEqual(wrong, []);
});

test("Arabic has its own comma, semicolon and question mark, and a word for each count", () => {
  assert.deepEqual(everyText("ar").filter(([, text]) => /\p{Script=Arabic} ?[,;?]/u.test(text)), []);
  const counted = new Set(everyText("en").filter(([key]) => FORMS.test(key) && key.endsWith(".one")).map(([key]) => bare(key)));
  const has = new Set(everyText("ar").map(([key]) => key));
  const lacking = [...counted].flatMap((key) => ["zero", "one", "two", "few", "many", "other"].map((form) => `${key}.${form}`)).filter((key) => !has.has(key));
  assert.deepEqual(lacking, []);
});

test("from right to left a value keeps its sign and dashes in their places", () => {
  assert.equal(fill("{change} on {day}, {more}", { change: "-5", day: "2026-11-30" }, false), "-5 on 2026-11-30, {more}");
  assert.equal(fill("{change}", { change: "-5" }, true), "\u2068-5\u2069");
  assert.equal(fill("{count}", { count: 0 }, true), "\u20680\u2069");
});
