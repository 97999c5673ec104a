/** A resting order that is being moved to another price, by mouse or by key; nothing is sent before it was confirmed. */
import { Refusal } from "../../api/refusal.ts";
import { compare, scaled, unscaled } from "../../words/amounts.ts";
import * as format from "../../words/format.ts";
import { t } from "../../words/words.svelte.ts";
import { amendOrder, type OwnOrder } from "../account.svelte.ts";
import { confirm } from "../account/confirming.svelte.ts";
import { stepped } from "../market.ts";
import type { Room } from "../room.svelte.ts";
import { whatIsLost } from "./words.ts";

/** Whether an order stands in a book, where it can be moved. */
export const rests = (order: OwnOrder): boolean => compare(order.price, "0") > 0 && compare(order.triggerPrice, "0") === 0;

export class Moving {
  order: OwnOrder | null = $state.raw(null);
  /** Where it would stand. */
  price = $state("");
  said = $state("");
  refusal: Refusal | null = $state.raw(null);
  readonly #room: Room;
  #isAsking = false;

  constructor(room: Room) {
    this.#room = room;
  }

  take(order: OwnOrder): void {
    if (this.#isAsking) return;
    [this.order, this.price, this.refusal, this.said] = [order, order.price, null, ""];
  }

  /** By keys: what they do is said. */
  takeByKey(order: OwnOrder): void {
    this.take(order);
    this.said = t("trade.move_taken", { order: order.orderId, price: format.number(order.price) });
  }

  to(price: string): void {
    if (this.order && !this.#isAsking) this.price = price;
  }

  /** To the step of the market that is nearest to where a pointer is. */
  toNear(price: number): void {
    const { units, places } = scaled(this.#room.market.tick);
    const steps = Math.max(1, Math.round((price * 10 ** places) / Number(units)));
    this.to(unscaled({ units: units * BigInt(steps), places }));
  }

  leave(): void {
    if (!this.order || this.#isAsking) return;
    this.said = t("trade.move_left", { order: this.order.orderId, price: format.number(this.order.price) });
    this.order = null;
  }

  /** What became of it was read. */
  forget(): void {
    [this.said, this.refusal] = ["", null];
  }

  /** Whether the key meant something to the order that is being moved. */
  key(event: KeyboardEvent): boolean {
    if (!this.order || this.#isAsking) return false;
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step !== undefined) {
      this.to(stepped(this.price, this.#room.market.tick, step * (event.shiftKey ? 10 : 1)));
      this.said = `${format.number(this.price)} ${this.#room.market.quoteAsset}`;
    } else if (event.key === "Enter") void this.drop();
    else if (event.key === "Escape") this.leave();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** Asks whether to move it to where it is, and says what that takes. */
  async drop(): Promise<void> {
    const order = this.order;
    if (!order || this.#isAsking) return;
    if (compare(this.price, order.price) === 0) return this.leave();
    const { baseAsset, quoteAsset } = this.#room.market;
    const values = { size: format.number(order.remainingQuantity), base: baseAsset, from: format.number(order.price), to: format.number(this.price), quote: quoteAsset };
    this.#isAsking = true;
    try {
      const words = `${t(order.side === "BUY" ? "trade.move_buy" : "trade.move_sell", values)} ${whatIsLost(order, this.price, order.quantity, this.#room)}`;
      const isWanted = await confirm({ title: t("trade.move_order", { order: order.orderId }), words, act: t("trade.move_it"), isPlain: true });
      this.said = isWanted ? await this.#send(order) : t("trade.move_left", { order: order.orderId, price: format.number(order.price) });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refusal = error;
    } finally {
      [this.#isAsking, this.order] = [false, null];
    }
  }

  async #send(order: OwnOrder): Promise<string> {
    const done = await amendOrder(order.orderId, { price: this.price });
    return t(done.priorityKept ? "trade.amended_kept" : "trade.amended_lost", { order: order.orderId, sequence: done.sequence });
  }
}
