/** What amending an order comes to, in words, for whoever is about to. */
import { compare, subtract } from "../../words/amounts.ts";
import * as format from "../../words/format.ts";
import { t } from "../../words/words.svelte.ts";
import type { OwnOrder } from "../account.svelte.ts";
import { CALLS } from "../market.ts";
import type { Room } from "../room.svelte.ts";
import { consequence } from "./consequence.ts";

/** Without the room of its market, or while its book is not whole, what can be said without a book. */
export function whatIsLost(order: OwnOrder, price: string, quantity: string, room: Room | null): string {
  const { bids, asks } = room?.current ?? { bids: [], asks: [] };
  // While orders are collected a crossed one waits with the others.
  const isCall = room !== null && CALLS.includes(room.phaseName);
  const told = consequence(order, price, quantity, isCall ? { bids: order.side === "BUY" ? bids : [], asks: order.side === "BUY" ? [] : asks } : { bids, asks });
  if (told.keepsPlace) return t("trade.keeps_place");
  const sentences = [t("trade.loses_place", { price: format.number(order.price) })];
  if (!room?.current.isWhole) return sentences.join(" ");
  if (told.isRefused) return t("trade.would_take_post_only", { price: format.number(price) });
  const base = room.market.baseAsset;
  if (compare(told.atOnce, "0") > 0) sentences.push(t("trade.would_take", { size: format.number(told.atOnce), base }));
  if (compare(told.atOnce, subtract(quantity, order.executedQuantity)) < 0) {
    const at = format.number(price);
    sentences.push(compare(told.ahead, "0") > 0 ? t("trade.queues_behind", { price: at, ahead: format.number(told.ahead), base }) : t("trade.queues_first", { price: at }));
  }
  return sentences.join(" ");
}
