/** The venue's private feed: what happens to the account of who is signed in (docs/streams.md). */
import { ask } from "./client.ts";
import { Link, REAL, streamAddress, type LinkState, type Surroundings } from "./socket.ts";

export interface FeedOrder {
  orderId: string;
  clientOrderId: string;
  symbol: string;
  side: "BUY" | "SELL";
  kind: string;
  timeInForce: string;
  groupId: number;
  status: string;
  price: string;
  size: string;
  filled: string;
  filledQuote: string;
}

export interface FeedFill {
  fillId: string;
  tradeId: string;
  price: string;
  size: string;
  fee: string;
  feeAsset: string;
  isMaker: boolean;
  inAuction: boolean;
}

export interface FeedBalance {
  asset: string;
  available: string;
  held: string;
}

export interface FeedEvent {
  event: string;
  sequence: number;
  index: number;
  timeMs: number;
  order: FeedOrder | null;
  fill: FeedFill | null;
  reason: { number: number; name: string; words: string; nextStep: string } | null;
}

export interface AccountSnapshot {
  type: "snapshot";
  accountId: string;
  sequence: number;
  orders: FeedOrder[];
  balances: FeedBalance[];
}

export interface AccountUpdate {
  type: "update";
  accountId: string;
  previousSequence: number;
  sequence: number;
  events: FeedEvent[];
  balances: FeedBalance[];
}

export interface AccountReader {
  snapshot: (message: AccountSnapshot) => void;
  update: (message: AccountUpdate) => void;
  changed: () => void;
}

/** Gives the address of the stream, with a listen key in it. */
export type Keyed = { address: () => Promise<string>; renew: () => Promise<void> };

const RENEW_MS = 30 * 60_000;

/** A listen key of the session; live for 70 minutes, renewed twice in that. */
export function listenKeyOfSession(): Keyed {
  let key = "";
  return {
    address: async () => {
      const answer = (await ask("post", "/api/v1/userDataStream")) as { listenKey: string };
      key = answer.listenKey;
      return streamAddress(`/lionrock/v1/stream/${key}`);
    },
    renew: async () => {
      if (key) await ask("put", "/api/v1/userDataStream", { query: { listenKey: key } });
    },
  };
}

export class AccountFeed {
  gaps = 0;
  #sequence = -1;
  readonly #link: Link;
  readonly #reader: AccountReader;
  readonly #renewing: ReturnType<typeof setInterval>;

  constructor(reader: AccountReader, keyed: Keyed = listenKeyOfSession(), around: Surroundings = REAL) {
    this.#reader = reader;
    const ears = { opened: () => this.#begin(), heard: (message: { type: string }) => this.take(message as AccountUpdate), changed: () => this.#reader.changed() };
    this.#link = new Link(keyed.address, ears, around);
    // A key that could not be renewed ends the stream; the next connection asks for another.
    this.#renewing = setInterval(() => void keyed.renew().catch(() => undefined), RENEW_MS);
  }

  get state(): LinkState {
    return this.#link.state;
  }

  get ageMs(): number {
    return this.#link.ageMs;
  }

  end(): void {
    clearInterval(this.#renewing);
    this.#link.end();
  }

  take(message: AccountSnapshot | AccountUpdate): void {
    if (message.type === "snapshot") {
      this.#sequence = message.sequence;
      this.#reader.snapshot(message);
    } else if (message.type === "update") {
      if (this.#sequence < 0) return;
      if (message.previousSequence !== this.#sequence) {
        this.gaps += 1;
        this.#begin();
        return;
      }
      this.#sequence = message.sequence;
      this.#reader.update(message);
    }
  }

  #begin(): void {
    this.#sequence = -1;
    this.#link.send({ op: "subscribe" });
  }
}
