/** One market as its page follows it: what is shown of it comes from here. */
import { ask, type AnswerOf } from "../api/client.ts";
import { Book } from "../api/book.ts";
import { Feed, type AuctionMessage, type FeedTrade, type PhaseMessage } from "../api/feed.ts";
import type { LinkState } from "../api/socket.ts";
import type { Market } from "./market.ts";

type Ticker = Extract<AnswerOf<"/quote/v1/ticker/24hr", "get">, readonly unknown[]>[number];

const SHOWN_TRADES = 60;
const TICKER_MS = 5_000;

export class Room {
  readonly market: Market;
  readonly feed: Feed;
  readonly book = new Book();
  trades: FeedTrade[] = $state.raw([]);
  phase: PhaseMessage | null = $state.raw(null);
  auction: AuctionMessage | null = $state.raw(null);
  ticker: Ticker | null = $state.raw(null);
  link: { state: LinkState; ageMs: number; latencyMs: number | null } = $state.raw({ state: "connecting", ageMs: 0, latencyMs: null });
  /** Best prices, for who needs them once a frame and not with each message. */
  best: { bid: string; ask: string; isWhole: boolean } = $state.raw({ bid: "", ask: "", isWhole: false });
  /** Told of each change of the book; a painter, a drawing. */
  readonly onBook = new Set<(book: Book) => void>();
  readonly onTrades = new Set<(trades: FeedTrade[]) => void>();
  #current = this.book;
  #frame = 0;
  readonly #ends: (() => void)[];
  readonly #timers: ReturnType<typeof setInterval>[] = [];

  constructor(market: Market, feed: Feed = new Feed()) {
    this.market = market;
    this.feed = feed;
    this.#ends = [
      feed.onState(() => this.#look()),
      feed.follow(market.symbol, {
        book: (book) => this.#takeBook(book),
        trades: (message) => this.#takeTrades(message.action === "snapshot", message.trades),
        phase: (message) => this.#takePhase(message),
        auction: (message) => (this.auction = message),
      }),
    ];
    const hurry = (): void => feed.hurry();
    addEventListener("online", hurry);
    this.#ends.push(() => removeEventListener("online", hurry));
    this.#timers.push(setInterval(() => void this.#readTicker(), TICKER_MS));
    void this.#readTicker();
  }

  get current(): Book {
    return this.#current;
  }

  get lastPrice(): string {
    const first = this.trades[0];
    return first ? first.price : this.market.lastPrice === "0" ? "" : this.market.lastPrice;
  }

  get phaseName(): string {
    return this.phase && this.phase.action !== "scheduled" ? this.phase.phase : this.market.phase;
  }

  get isStopped(): boolean {
    return this.phase?.isStopped ?? this.market.isStopped;
  }

  end(): void {
    for (const end of this.#ends) end();
    for (const timer of this.#timers) clearInterval(timer);
    cancelAnimationFrame(this.#frame);
    this.feed.end();
  }

  #takeBook(book: Book): void {
    this.#current = book;
    for (const listener of this.onBook) listener(book);
    if (!book.isWhole) this.#best();
    else if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#best());
  }

  #best(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const next = { bid: this.#current.bids[0]?.[0] ?? "", ask: this.#current.asks[0]?.[0] ?? "", isWhole: this.#current.isWhole };
    if (next.bid !== this.best.bid || next.ask !== this.best.ask || next.isWhole !== this.best.isWhole) this.best = next;
  }

  #takeTrades(isAll: boolean, trades: FeedTrade[]): void {
    const newestFirst = [...trades].reverse();
    this.trades = (isAll ? newestFirst : [...newestFirst, ...this.trades]).slice(0, SHOWN_TRADES);
    if (!isAll) for (const listener of this.onTrades) listener(trades);
  }

  #takePhase(message: PhaseMessage): void {
    if (message.action !== "scheduled") this.phase = message;
  }

  #look(): void {
    const { state, ageMs, latencyMs } = this.feed;
    this.link = { state, ageMs, latencyMs };
  }

  async #readTicker(): Promise<void> {
    try {
      const rows = await ask("get", "/quote/v1/ticker/24hr", { query: { symbol: this.market.symbol } });
      this.ticker = (rows as Ticker[])[0] ?? null;
    } catch {
      // The next one comes in a few seconds; the link says that the venue is away.
    }
  }
}
