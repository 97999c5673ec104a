/** The matrix as it is read: parts of guidelines, four dots for each rule, and what is behind one. */
import { ask, type AnswerOf } from "../../api/client.ts";
import * as format from "../../words/format.ts";
import { plural, t } from "../../words/words.svelte.ts";
import type { Why } from "../../why/why.svelte.ts";
import { said } from "../standing.ts";

export type Matrix = AnswerOf<"/lionrock/v1/staff/rulebook", "get">;
export type Row = Matrix["rows"][number];
export type Rule = AnswerOf<"/lionrock/v1/staff/rulebook/rule", "get">;

export interface Dot {
  /** Full, half or none; never told by the mark alone. */
  fill: "full" | "half" | "none";
  words: string;
}

/** The part of a guideline that a paragraph stands in: its first number, Roman or ours. */
export function partOf(row: Row): string {
  return /^[IVX]+(?=[.,\s]|$)/.exec(row.paragraph)?.[0] ?? /\d+/.exec(row.paragraph)?.[0] ?? row.paragraph;
}

/** Clause, control, test, evidence. */
export function dots(row: Row): Record<"clause" | "control" | "test" | "evidence", Dot> {
  return {
    clause: { fill: row.trust === "primary" ? "full" : row.trust === "secondary" ? "half" : "none", words: said("trust", row.trust) },
    control: row.controls.length
      ? { fill: row.waitsFor ? "half" : "full", words: row.waitsFor ? t("staff_rulebook.waits_for", { room: row.waitsFor }) : row.controls.join(", ") }
      : { fill: "none", words: row.waitsFor ? t("staff_rulebook.waits_for", { room: row.waitsFor }) : t("staff.none") },
    test: { fill: row.tests.length ? "full" : "none", words: row.tests.length ? plural("staff_rulebook.tests", row.tests.length) : t("staff.none") },
    evidence: { fill: row.evidenceAtMs ? "full" : "none", words: row.evidenceAtMs ? format.date(row.evidenceAtMs) : t("staff.none") },
  };
}

export const STATUSES = ["pass", "fail", "no_data", "due", "attested", "declared", "unconfirmed"] as const;
const MARKS: Record<string, string> = { pass: "●", attested: "●", due: "◐", no_data: "○", declared: "○", unconfirmed: "○", fail: "✕" };
export const mark = (status: string): string => MARKS[status] ?? "○";
export const tone = (status: string): string => (status === "fail" ? "stop" : status === "pass" || status === "attested" ? "up" : "warn");

export function ruleAt(id: string, asOf: string): Promise<Rule> {
  return ask("get", "/lionrock/v1/staff/rulebook/rule", { query: asOf ? { id, asOf } : { id } });
}

/** For the why-panel: the rule's words and clause, why it stands where it stands, the facts, where the evidence is. */
export async function why(id: string, asOf: string): Promise<Why> {
  const { row, findings, inputs } = await ruleAt(id, asOf);
  const told = findings.flatMap((found) => Object.entries(found.figures).map(([name, value]) => ({ name: `${found.control}: ${name.replace(/_/g, " ")}`, value })));
  return {
    title: `${row.id}: ${said("status", row.status)}`,
    sentence: row.reason,
    rules: [{ id: row.id, source: `${row.instrument}, ${row.paragraph}`, words: row.words }],
    facts: [
      ...told,
      ...Object.entries(inputs).map(([name, value]) => ({ name: t("staff_rulebook.facts_of", { type: name }), value: `SHA-256 ${value.slice(0, 16)}…` })),
      ...(row.evidenceRun ? [{ name: t("staff_rulebook.run"), value: row.evidenceRun }] : []),
    ],
    ...(row.evidenceSequence ? { sequence: String(row.evidenceSequence) } : {}),
    ...(row.evidenceAtMs ? { timeMs: row.evidenceAtMs } : {}),
    ...(row.nextStep ? { nextStep: row.nextStep } : {}),
    link: { address: `/staff/rulebook/${row.id}${asOf ? `?asOf=${asOf}` : ""}`, words: t("staff_rulebook.all_of_rule") },
  };
}
