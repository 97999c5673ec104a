/** The reader's language. Every text of the page is here by a key; a test compares the languages. */
import { fill } from "./fill.ts";

export const LANGUAGES = {
  en: { name: "English", numbers: "en-HK", isRightToLeft: false, comma: ", ", colon: ": " },
  "zh-Hant": { name: "繁體中文", numbers: "zh-HK", isRightToLeft: false, comma: "、", colon: "：" },
  "zh-Hans": { name: "简体中文", numbers: "zh-CN", isRightToLeft: false, comma: "、", colon: "：" },
  fr: { name: "Français", numbers: "fr-FR", isRightToLeft: false, comma: ", ", colon: "\u202f: " },
  ar: { name: "العربية", numbers: "ar-AE-u-nu-latn", isRightToLeft: true, comma: "، ", colon: ": " },
} as const;
export type Language = keyof typeof LANGUAGES;
/** A folder of each language has one file for each; of the staff's, one for all its rooms and one for each larger room. */
export type Part =
  | "shell" | "trade" | "client" | "public" | "refusals"
  | "staff" | "staff_proposals" | "staff_clients" | "staff_rulebook" | "staff_markets" | "staff_house";
type Texts = Readonly<Record<string, string>>;

const files = import.meta.glob<{ default: Texts }>("./*/*.ts");
const loaded = $state<Record<string, Texts>>({});
export const reader: { language: Language } = $state({ language: preferred() });

function preferred(): Language {
  const kept = localStorage.getItem("lionrock.language");
  if (kept !== null && kept in LANGUAGES) return kept as Language;
  for (const wanted of navigator.languages) {
    if (/^zh-(hant|hk|tw|mo)/i.test(wanted)) return "zh-Hant";
    if (/^zh/i.test(wanted)) return "zh-Hans";
    const [base] = wanted.split("-");
    if (base !== undefined && base in LANGUAGES) return base as Language;
  }
  return "en";
}

/** Loads the texts of some parts in the reader's language; a page shows nothing before it has its texts. */
export async function need(...parts: Part[]): Promise<void> {
  await Promise.all(parts.map((part) => loadPart(reader.language, part)));
}

const needed = new Set<Part>();

async function loadPart(language: Language, part: Part): Promise<void> {
  needed.add(part);
  const place = `./${language}/${part}.ts`;
  if (loaded[place]) return;
  const load = files[place];
  if (load) loaded[place] = (await load()).default;
}

export async function choose(language: Language): Promise<void> {
  await Promise.all([...needed].map((part) => loadPart(language, part)));
  reader.language = language;
  localStorage.setItem("lionrock.language", language);
  apply();
}

/** Letters that Inter does not have, fetched from the venue when a language needs them. */
const fonts: Partial<Record<Language, () => Promise<unknown>>> = {
  "zh-Hant": () => import("@fontsource-variable/noto-sans-tc/wght.css"),
  "zh-Hans": () => import("@fontsource-variable/noto-sans-sc/wght.css"),
  ar: () => import("@fontsource-variable/noto-sans-arabic/wght.css"),
};

export function apply(): void {
  void fonts[reader.language]?.();
  const root = document.documentElement;
  root.lang = reader.language;
  root.dir = LANGUAGES[reader.language].isRightToLeft ? "rtl" : "ltr";
}

/** The text of `part.key`, with `{name}` replaced. A missing one shows its key and tells the console, where every test looks. */
export function t(key: string, values?: Record<string, string | number>): string {
  const dot = key.indexOf(".");
  const texts = loaded[`./${reader.language}/${key.slice(0, dot)}.ts`];
  const text = texts?.[key.slice(dot + 1)] ?? key;
  if (texts && text === key) console.error(`there is no text ${key} in ${reader.language}`);
  return values === undefined ? text : fill(text, values, LANGUAGES[reader.language].isRightToLeft);
}

/** Words one after the other, with what the language puts between them. */
export function listed(words: readonly string[]): string {
  return words.join(LANGUAGES[reader.language].comma);
}

/** What the language puts between a name and what it is the name of. */
export function colon(): string {
  return LANGUAGES[reader.language].colon;
}

/** Whether there is such a text in the reader's language. */
export function has(key: string): boolean {
  const dot = key.indexOf(".");
  return loaded[`./${reader.language}/${key.slice(0, dot)}.ts`]?.[key.slice(dot + 1)] !== undefined;
}

/** The codes that `part.kind.` has texts of in the reader's language. */
export function codesUnder(part: Part, kind: string): string[] {
  const texts = loaded[`./${reader.language}/${part}.ts`] ?? {};
  return Object.keys(texts).flatMap((key) => (key.startsWith(`${kind}.`) ? [key.slice(kind.length + 1)] : []));
}

/** One of several texts by number: `key.one`, `key.other` and what else the language has (`key.few`, `key.many`). */
export function plural(key: string, count: number, values?: Record<string, string | number>): string {
  const rule = new Intl.PluralRules(LANGUAGES[reader.language].numbers).select(count);
  const place = has(`${key}.${rule}`) ? `${key}.${rule}` : `${key}.other`;
  return t(place, { count, ...values });
}
