/** What a write did, in one or a few sentences. */
import { compare } from "../words/amounts.ts";
import * as format from "../words/format.ts";
import { t } from "../words/words.svelte.ts";
import type { Consequence } from "./account.svelte.ts";

export function told(done: Consequence, base: string, quote: string): string {
  const { order, fills, fees, held } = done;
  const buys = order.side === "BUY";
  const sentences: string[] = [];
  if (fills.length) {
    const values = { size: format.number(order.executedQuantity), base, price: format.number(order.averagePrice ?? fills[0]?.price ?? "0"), quote };
    sentences.push(t(buys ? "trade.did_buy" : "trade.did_sell", values));
    for (const fee of fees) {
      const isRebate = fee.amount.startsWith("-");
      sentences.push(t(isRebate ? "trade.did_rebate" : "trade.did_fee", { amount: format.number(fee.amount.replace("-", "")), asset: fee.asset }));
    }
  }
  if (order.status === "NEW" || order.status === "PARTIALLY_FILLED") {
    const waits = compare(order.triggerPrice, "0") > 0;
    const size = compare(order.remainingQuantity, "0") > 0 ? `${format.number(order.remainingQuantity)} ${base}` : `${format.number(order.amount)} ${quote}`;
    sentences.push(waits ? t("trade.did_wait", { size, price: format.number(order.triggerPrice), quote }) : t("trade.did_rest", { size, price: format.number(order.price), quote }));
    if (compare(held.amount, "0") > 0) sentences.push(t("trade.did_hold", { amount: format.number(held.amount), asset: held.asset }));
  } else if (order.cancelReason) {
    sentences.push(t("trade.did_end", { reason: t(`trade.cancel_${order.cancelReason}`) }));
  }
  sentences.push(t("trade.did_number", { order: order.orderId, sequence: done.sequence }));
  return sentences.join(" ");
}
