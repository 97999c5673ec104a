/** Ledger entries as the why-panel shows them. */
import { ask, type AnswerOf } from "../../api/client.ts";
import * as format from "../../words/format.ts";
import { has, t } from "../../words/words.svelte.ts";
import type { Posting, Why } from "../../why/why.svelte.ts";
import { ruleOf } from "../why.ts";

export type Entry = AnswerOf<"/lionrock/v1/history/entries", "get">["rows"][number];

/** What an entry did to what is available and to what is held. */
export function postingsOf(entry: Entry): Posting[] {
  const of = (part: "available" | "held", amount: string): Posting[] =>
    /^-?0?\.?0*$/.test(amount) ? [] : [{ account: `${reasonOf(entry)} · ${t(`trade.${part}`)}`, asset: entry.asset, amount }];
  return [...of("available", entry.availableChange), ...of("held", entry.heldChange)];
}

export function reasonOf(entry: Entry): string {
  const key = `trade.purpose_${entry.purpose}`;
  return entry.purpose && has(key) ? t(key) : t(`trade.reason_${entry.reason}`);
}

export function whyEntry(entry: Entry): Why {
  return {
    title: reasonOf(entry),
    sentence: t("trade.why_entry"),
    rules: [ruleOf("LEDG-007")],
    facts: [
      { name: t("trade.available_after"), value: { value: entry.available, unit: entry.asset } },
      { name: t("trade.held_after"), value: { value: entry.held, unit: entry.asset } },
      ...(entry.referenceId ? [{ name: t("trade.reference"), value: entry.referenceId }] : []),
    ],
    postings: postingsOf(entry),
    sequence: entry.sequence,
    timeMs: entry.timeMs,
  };
}

/** A balance is what its entries made of it: the newest are shown. */
export async function whyBalance(asset: string, available: string, held: string): Promise<Why> {
  const page = await ask("get", "/lionrock/v1/history/entries", { query: { asset, order: "newest", limit: 10 } });
  const newest = page.rows[0];
  return {
    title: asset,
    sentence: newest ? t("trade.why_balance", { time: format.dateTime(newest.timeMs) }) : t("trade.why_balance_none"),
    rules: [ruleOf("LEDG-007")],
    facts: [
      { name: t("trade.available"), value: { value: available, unit: asset } },
      { name: t("trade.held"), value: { value: held, unit: asset } },
    ],
    postings: page.rows.flatMap(postingsOf),
    ...(newest ? { sequence: newest.sequence, timeMs: newest.timeMs } : {}),
    link: { address: `/balances?asset=${asset}`, words: t("trade.all_entries") },
  };
}
