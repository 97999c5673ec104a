/** What the figures of a preview and of an order rest on, for the why-panel. */
import type { RefusalDetails } from "../api/refusal.ts";
import * as format from "../words/format.ts";
import { has, t } from "../words/words.svelte.ts";
import type { RuleShown, Why } from "../why/why.svelte.ts";
import { percentage } from "./market.ts";
import type { Preview } from "./ticket/intent.svelte.ts";

/** A rule of the venue by its permanent code. */
export function ruleOf(code: string): RuleShown {
  return { id: code, source: t("trade.rule_source"), words: has(`trade.rule_${code}`) ? t(`trade.rule_${code}`) : "" };
}

/** Rules behind a refusal: the venue's, and those of the licence that it carries out. */
export function rulesOf(details: RefusalDetails | null): RuleShown[] {
  const licence = (details?.licence_rules ?? []).map(({ id, citation }) => ({ id, source: citation, words: "" }));
  return [...(details?.rule ? [ruleOf(details.rule)] : []), ...licence];
}

export function whyFee(preview: Preview): Why {
  const { fees, atOnce } = preview;
  const rate = (share: string): string => `${format.number(percentage(share))} %`;
  return {
    title: t("trade.fee"),
    sentence: t("trade.why_fee", { taker: rate(fees.takerRate), maker: rate(fees.makerRate) }),
    rules: [ruleOf("FEES-007")],
    facts: [
      { name: t("trade.if_taker"), value: { value: fees.ifTaker, unit: fees.asset } },
      { name: t("trade.if_maker"), value: { value: fees.ifMaker, unit: fees.asset } },
      { name: t("trade.fee_at_once"), value: { value: fees.atOnce, unit: fees.asset } },
      { name: t("trade.trades_at_once"), value: { value: atOnce.quantity, unit: preview.asset } },
    ],
    sequence: preview.sequence,
    link: { address: "/fees", words: t("trade.all_fees") },
  };
}

export function whySlippage(preview: Preview): Why {
  const { atOnce } = preview;
  const quote = preview.value.asset;
  return {
    title: t("trade.slippage"),
    sentence: t("trade.why_slippage"),
    facts: [
      { name: t("trade.best_price"), value: { value: atOnce.bestPrice, unit: quote } },
      { name: t("trade.average_price"), value: { value: atOnce.averagePrice, unit: quote } },
      { name: t("trade.trades_at_once"), value: { value: atOnce.quantity, unit: preview.asset } },
      { name: t("trade.value"), value: { value: atOnce.value, unit: quote } },
    ],
    sequence: preview.sequence,
  };
}

export function whyHeld(preview: Preview): Why {
  return {
    title: t("trade.held"),
    sentence: t("trade.why_held"),
    rules: [ruleOf("ORDR-010")],
    facts: [
      { name: t("trade.value"), value: { value: preview.value.amount, unit: preview.value.asset } },
      { name: t("trade.held"), value: { value: preview.held?.amount ?? "0", unit: preview.held?.asset ?? "" } },
    ],
    sequence: preview.sequence,
  };
}

export function whyExposure(preview: Preview): Why {
  const exposure = preview.exposure;
  return {
    title: t("trade.exposure"),
    sentence: t(exposure?.limit ? "trade.why_exposure" : "trade.why_exposure_none"),
    rules: [ruleOf("EXPO-001")],
    facts: exposure
      ? [
          { name: t("trade.exposure_with"), value: { value: exposure.withOrder, unit: exposure.asset } },
          ...(exposure.limit ? [{ name: t("trade.exposure_limit"), value: { value: exposure.limit, unit: exposure.asset } }] : []),
        ]
      : [],
    sequence: preview.sequence,
    link: { address: "/limits", words: t("trade.my_limits") },
  };
}

export function whyRefused(preview: Preview, details: RefusalDetails): Why {
  const key = `refusals.${details.name}`;
  const facts = Object.entries(details.figures).flatMap(([name, value]) =>
    typeof value === "string" ? [] : [{ name: has(`refusals.figure.${name}`) ? t(`refusals.figure.${name}`) : name, value }],
  );
  return {
    title: t("trade.would_be_refused"),
    sentence: has(key) ? t(key) : details.words,
    rules: rulesOf(details),
    facts,
    nextStep: has(`${key}.next`) ? t(`${key}.next`) : details.next_step,
    sequence: preview.sequence,
  };
}

export function whyNotUndone(preview: Preview): Why {
  return { title: t("trade.cannot_be_undone"), sentence: t("trade.why_not_undone"), rules: [{ id: "HK-VATP-9.31", source: "VATP Guidelines 9.31", words: t("trade.rule_confirm") }], sequence: preview.sequence };
}
