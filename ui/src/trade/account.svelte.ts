/** The trader's own side: open orders and balances, kept by the private feed. */
import { AccountFeed, type AccountSnapshot, type AccountUpdate, type FeedBalance, type FeedEvent } from "../api/account_feed.ts";
import { ask, type AnswerOf } from "../api/client.ts";
import type { LinkState } from "../api/socket.ts";
import { IntentKey } from "./intent_key.ts";

export type OwnOrder = Extract<AnswerOf<"/lionrock/v1/orders", "get">, readonly unknown[]>[number];
export type Consequence = AnswerOf<"/lionrock/v1/orders", "post">;

const OVER: readonly string[] = ["FILLED", "CANCELED", "PARTIALLY_CANCELED", "REJECTED"];

export class Account {
  orders: OwnOrder[] = $state.raw([]);
  balances: FeedBalance[] = $state.raw([]);
  /** Whether a first snapshot has come. */
  isKnown = $state(false);
  link: LinkState = $state("connecting");
  /** One more with each update: who shows history reads it again. */
  revision = $state(0);
  /** The newest fill, for the live region. */
  lastFill: FeedEvent | null = $state.raw(null);
  readonly #feed: AccountFeed;
  #reading = 0;

  constructor() {
    this.#feed = new AccountFeed({
      snapshot: (message) => this.#begin(message),
      update: (message) => this.#follow(message),
      changed: () => (this.link = this.#feed.state),
    });
  }

  available(asset: string): string {
    return this.balances.find((each) => each.asset === asset)?.available ?? "0";
  }

  end(): void {
    this.#feed.end();
  }

  #begin(message: AccountSnapshot): void {
    this.balances = message.balances;
    void this.#readOrders();
    this.isKnown = true;
    this.revision += 1;
  }

  #follow(message: AccountUpdate): void {
    const changed = new Map(message.balances.map((each) => [each.asset, each]));
    this.balances = [...this.balances.filter((each) => !changed.has(each.asset)), ...changed.values()].sort((a, b) => (a.asset < b.asset ? -1 : 1));
    let needsReading = false;
    for (const event of message.events) {
      if (event.order) needsReading = !this.#apply(event) || needsReading;
      if (event.fill) this.lastFill = event;
    }
    if (needsReading) void this.#readOrders();
    this.revision += 1;
  }

  /** Whether the order is shown as it is now; one that is new, or waits for a trigger, is asked for. */
  #apply(event: FeedEvent): boolean {
    const told = event.order;
    if (!told) return true;
    const known = this.orders.find((each) => each.orderId === told.orderId);
    if (OVER.includes(told.status)) {
      if (known) this.orders = this.orders.filter((each) => each !== known);
      return true;
    }
    return false;
  }

  /** One reading at a time; what came meanwhile makes another. */
  async #readOrders(): Promise<void> {
    this.#reading += 1;
    if (this.#reading > 1) return;
    try {
      do {
        this.#reading = 1;
        this.orders = (await ask("get", "/lionrock/v1/orders", { query: { limit: 500 } })) as OwnOrder[];
      } while (this.#reading > 1);
    } catch {
      // The feed comes back with a snapshot, and then they are read again.
    } finally {
      this.#reading = 0;
    }
  }
}

const keys = { amend: new IntentKey(), cancel: new IntentKey(), cancelAll: new IntentKey(), stop: new IntentKey() };

/** `change` has what is to be otherwise. */
export function amendOrder(orderId: string, change: { price?: string; quantity?: string }): Promise<Consequence> {
  const json = { orderId, ...change };
  return keys.amend.during(json, (idempotencyKey) => ask("patch", "/lionrock/v1/orders", { json, idempotencyKey }));
}

export async function cancelOrder(orderId: string): Promise<Consequence> {
  const json = { orderId };
  return (await keys.cancel.during(json, (idempotencyKey) => ask("delete", "/lionrock/v1/orders", { json, idempotencyKey }))) as Consequence;
}

/** How many were cancelled; of all markets without a symbol. */
export async function cancelAll(symbol: string): Promise<number> {
  const json = symbol ? { symbol } : { all: true };
  const answer = await keys.cancelAll.during(json, (idempotencyKey) => ask("delete", "/lionrock/v1/orders", { json, idempotencyKey }));
  return "count" in answer ? answer.count : 1;
}

/** How many orders it took back. */
export async function setKillSwitch(engaged: boolean): Promise<number> {
  const json = { engaged };
  const answer = await keys.stop.during(json, (idempotencyKey) => ask("post", "/lionrock/v1/killSwitch", { json, idempotencyKey }));
  return answer.orders.count;
}
