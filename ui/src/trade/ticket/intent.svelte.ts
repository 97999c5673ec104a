/** What the trader means to do: the fields of the ticket, what follows from them, its preview and its sending. */
import { ask, clock, type AnswerOf, type JsonOf } from "../../api/client.ts";
import { Refusal, type RefusalBody } from "../../api/refusal.ts";
import { session } from "../../api/session.svelte.ts";
import { compare, multiply } from "../../words/amounts.ts";
import * as format from "../../words/format.ts";
import type { Consequence } from "../account.svelte.ts";
import { IntentKey } from "../intent_key.ts";
import { cutTo, quotient, stepped, type Market, type Side } from "../market.ts";

export type Preview = AnswerOf<"/lionrock/v1/orders/preview", "post">;
export type OrderBody = JsonOf<"/lionrock/v1/orders", "post">;
export type Kind = OrderBody["type"];
export type Field = "price" | "trigger" | "size" | "total" | "display";
export const KINDS: readonly Kind[] = ["LIMIT", "MARKET", "STOP", "STOP_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"];
export const TIMES = ["GTC", "DAY", "GTD", "IOC", "FOK"] as const;

const WAIT_MS = 150;
const AGAIN_MS = 3_000;

export class Intent {
  readonly market: Market;
  side: Side = $state("BUY");
  kind: Kind = $state("LIMIT");
  /** As they are typed, with the reader's separators. */
  price = $state("");
  trigger = $state("");
  size = $state("");
  total = $state("");
  display = $state("");
  time: (typeof TIMES)[number] = $state("GTC");
  /** When a good-till-date order ends: local date and time, as its field has it. */
  until = $state("");
  isPostOnly = $state(false);
  /** Which of size and total was typed; the other one follows. */
  by: "size" | "total" = $state("size");
  preview: Preview | null = $state.raw(null);
  /** What the preview in hand was made of. */
  #previewed = $state("");
  refusal: Refusal | null = $state.raw(null);
  isSending = $state(false);
  consequence: Consequence | null = $state.raw(null);
  #isAsking = false;
  #wait: ReturnType<typeof setTimeout> | null = null;
  readonly #key = new IntentKey();

  constructor(market: Market) {
    this.market = market;
  }

  get hasPrice(): boolean {
    return this.kind.endsWith("LIMIT");
  }

  get hasTrigger(): boolean {
    return this.kind.startsWith("STOP") || this.kind.startsWith("TAKE");
  }

  /** When a good-till-date order ends; 0 while that is not filled in. */
  get endsMs(): number {
    return Date.parse(this.until) || 0;
  }

  /** Whether that is behind us, by the venue's clock. */
  get isOver(): boolean {
    return this.endsMs > 0 && this.endsMs <= this.nowMs();
  }

  /** Whether it is to end at a date, and there is none to send. */
  get lacksEnd(): boolean {
    return this.hasPrice && this.time === "GTD" && (!this.endsMs || this.isOver);
  }

  nowMs(): number {
    return Date.now() + clock.skewMs;
  }

  /** What would be sent; null while something is missing or no number. */
  get body(): OrderBody | null {
    const { symbol } = this.market;
    const [price, trigger, size, total, display] = [this.price, this.trigger, this.size, this.total, this.display].map(format.typed) as [string, string, string, string, string];
    if ((this.hasPrice && !price) || (this.hasTrigger && !trigger)) return null;
    const byTotal = !this.hasPrice && this.by === "total";
    if (byTotal ? !total : !size) return null;
    if (this.display && !display) return null;
    if (this.lacksEnd) return null;
    return {
      symbol,
      side: this.side,
      type: this.kind,
      ...(byTotal ? { amount: total } : { quantity: size }),
      ...(this.hasPrice ? { price, timeInForce: this.time } : {}),
      ...(this.hasPrice && this.time === "GTD" ? { expireTimeMs: this.endsMs } : {}),
      ...(this.hasTrigger ? { triggerPrice: trigger } : {}),
      ...(this.hasPrice && this.isPostOnly ? { postOnly: true } : {}),
      ...(this.hasPrice && display && compare(display, "0") > 0 ? { displayQuantity: display } : {}),
    };
  }

  /** Whether the preview that is shown is of exactly what would be sent. */
  get isPreviewed(): boolean {
    const body = this.body;
    return body !== null && this.preview !== null && this.#previewed === JSON.stringify(body);
  }

  get whyNot(): Refusal | null {
    const refused = this.isPreviewed ? this.preview?.refused : null;
    return refused ? Refusal.of(400, refused as unknown as RefusalBody, null) : null;
  }

  /** Something was typed: what follows from it, and a new preview soon. */
  typed(field: Field | "" = ""): void {
    if (field === "size" || field === "total") this.by = field;
    if (this.hasPrice) this.#follow();
    this.refusal = null;
    this.consequence = null;
    if (this.#wait !== null) clearTimeout(this.#wait);
    this.#wait = setTimeout(() => void this.look(), WAIT_MS);
  }

  step(field: Field, count: number): void {
    const step = field === "size" || field === "display" ? this.market.lot : this.market.tick;
    const now = format.typed(this[field]);
    this[field] = format.number(now ? stepped(now, step, count) : step);
    this.typed(field);
  }

  setPrice(price: string): void {
    if (this.kind === "MARKET") this.kind = "LIMIT";
    if (this.hasPrice) this.price = format.number(price);
    else this.trigger = format.number(price);
    this.typed("price");
  }

  clear(): void {
    this.price = this.trigger = this.size = this.total = this.display = "";
    this.preview = null;
    this.refusal = null;
    this.consequence = null;
  }

  /** Asks what the order would do; one question at a time, the newest last. */
  async look(): Promise<void> {
    if (this.#wait !== null) clearTimeout(this.#wait);
    this.#wait = null;
    const body = this.body;
    if (body === null || !session.user) {
      this.preview = null;
      return;
    }
    if (this.#isAsking) return;
    this.#isAsking = true;
    const asked = JSON.stringify(body);
    try {
      this.preview = await ask("post", "/lionrock/v1/orders/preview", { json: body });
      this.#previewed = asked;
      this.refusal = null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.preview = null;
      this.refusal = error;
    } finally {
      this.#isAsking = false;
    }
    if (this.body === null) this.preview = null;
    const isOld = this.body !== null && JSON.stringify(this.body) !== asked;
    if (isOld) await this.look();
    else if (this.preview) this.#wait = setTimeout(() => document.hidden || void this.look(), AGAIN_MS);
  }

  /** Sends what was previewed. The same intent, tried again after no answer, is done once. */
  async send(): Promise<void> {
    const body = this.body;
    if (body === null || this.isSending) return;
    this.isSending = true;
    try {
      const consequence = await this.#key.during(body, (idempotencyKey) => ask("post", "/lionrock/v1/orders", { json: body, idempotencyKey }));
      this.clear();
      this.consequence = consequence;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refusal = error;
    } finally {
      this.isSending = false;
    }
  }

  end(): void {
    if (this.#wait !== null) clearTimeout(this.#wait);
  }

  /** Of price, size and total the third follows from two. */
  #follow(): void {
    const [price, size, total] = [this.price, this.size, this.total].map(format.typed) as [string, string, string];
    if (!price || compare(price, "0") === 0) return;
    if (this.by === "size") this.total = size ? format.number(multiply(price, size)) : "";
    else this.size = total ? format.number(cutTo(quotient(total, price, 12), this.market.lot)) : "";
  }
}
