/** Numbers and times as the reader writes them. Amounts are decimal text from the venue and never become floats. */
import { LANGUAGES, reader } from "./words.svelte.ts";

interface Separators {
  group: string;
  decimal: string;
}

const known = new Map<string, Separators>();

function separators(): Separators {
  const locale = LANGUAGES[reader.language].numbers;
  let found = known.get(locale);
  if (found === undefined) {
    const parts = new Intl.NumberFormat(locale).formatToParts(-1234567.5);
    const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? "";
    found = { group: of("group"), decimal: of("decimal") };
    known.set(locale, found);
  }
  return found;
}

/** Decimal text with the reader's separators; with `places`, zeros are added up to so many decimals, none cut off. */
export function number(text: string, places = 0): string {
  const { group, decimal } = separators();
  const sign = text.startsWith("-") ? "−" : "";
  const [whole = "0", fraction = ""] = text.replace(/^[-+]/, "").split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  const filled = fraction.padEnd(places, "0");
  return sign + (filled ? `${grouped}${decimal}${filled}` : grouped);
}

/** What stands before and after the insignificant zeros at the end, which are shown faint. */
export function withFaintZeros(text: string, places = 0): [string, string] {
  const shown = number(text, places);
  if (!shown.includes(separators().decimal)) return [shown, ""];
  const bare = shown.replace(/0+$/, "");
  const cut = bare.endsWith(separators().decimal) ? bare.slice(0, -1) : bare;
  return [cut, shown.slice(cut.length)];
}

/** What a reader typed as the venue's decimal text: without groups, with a full stop. Empty when it is no number. */
export function typed(text: string): string {
  const { group, decimal } = separators();
  let plain = text.trim().replace(/[\s\u00a0\u202f']/g, "");
  if (group.trim()) plain = plain.split(group).join("");
  if (decimal !== ".") plain = plain.replace(decimal, ".");
  return /^\d{1,30}(\.\d{1,30})?$/.test(plain) ? plain : "";
}

/** A count, which is an integer of ordinary size. */
export function count(value: number): string {
  return number(String(value));
}

function format(options: Intl.DateTimeFormatOptions): (ms: number) => string {
  return (ms) => new Intl.DateTimeFormat(LANGUAGES[reader.language].numbers, options).format(ms);
}

/** Local time to the second; the zone is told on hover with `zoned`. */
export const time = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
export const date = format({ dateStyle: "medium" });
export const dateTime = format({ dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" } as Intl.DateTimeFormatOptions);
export const zoned = format({ dateStyle: "full", timeStyle: "long" });

/** "in 3 days", "2 minutes ago". */
export function relative(ms: number, nowMs: number): string {
  const seconds = Math.round((ms - nowMs) / 1000);
  const form = new Intl.RelativeTimeFormat(LANGUAGES[reader.language].numbers, { numeric: "auto" });
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
  for (const [unit, size] of steps) if (Math.abs(seconds) >= size) return form.format(Math.trunc(seconds / size), unit);
  return form.format(seconds, "second");
}
