/** What the reader may do here, and how the venue's codes are told. */
import { ask, venueNow } from "../api/client.ts";
import { session } from "../api/session.svelte.ts";
import type { RuleShown } from "../why/why.svelte.ts";
import * as format from "../words/format.ts";
import { has, t } from "../words/words.svelte.ts";
import { partOf } from "./kinds.ts";

export function may(permission: string): boolean {
  return session.staff?.permissions.includes(permission) ?? false;
}

export function holds(roles: readonly string[]): boolean {
  return session.staff?.roles.some(({ role }) => roles.includes(role)) ?? false;
}

export const me = (): string => session.staff?.staffId ?? "";

/** The words of a code, such as `state` and `to_review`; the code itself, readable, where there are none. */
export function said(kind: string, code: string): string {
  const key = `${partOf(kind)}.${kind}.${code.replace(/ /g, "_")}`;
  return has(key) ? t(key) : code.replace(/_/g, " ");
}

export const now = venueNow;

/** A deadline in words; 0 is none. */
export function deadline(ms: number): string {
  if (ms === 0) return t("staff.no_deadline");
  return t(ms <= now() ? "staff.was_due" : "staff.is_due", { when: format.relative(ms, now()) });
}

let rules: Promise<Map<string, RuleShown>> | null = null;

/** Rules by their ids, with instrument and clause, as anybody may read them. */
export async function rulesOf(ids: readonly string[]): Promise<RuleShown[]> {
  rules ??= ask("get", "/lionrock/v1/rules").then(
    (all) => new Map(all.map(({ id, instrument, paragraph, words }) => [id, { id, source: `${instrument}, ${paragraph}`, words }])),
  );
  rules.catch(() => (rules = null));
  const known = await rules;
  return ids.flatMap((id) => known.get(id) ?? []);
}

/** For a list of options of a form. */
export function options(kind: string, codes: readonly string[], any = ""): { value: string; words: string }[] {
  const found = codes.map((value) => ({ value, words: said(kind, value) }));
  return any ? [{ value: "", words: any }, ...found] : found;
}
