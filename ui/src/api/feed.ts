/** The venue's public feed (docs/streams.md): topics of markets over one connection, each book checked as it comes. */
import { Book, type BookMessage } from "./book.ts";
import { Link, REAL, streamAddress, type LinkState, type Surroundings } from "./socket.ts";

export interface FeedTrade {
  id: string;
  sequence: number;
  timeMs: number;
  price: string;
  size: string;
  takerSide: "BUY" | "SELL" | "";
  inAuction: boolean;
}

export interface TradesMessage {
  type: "trades";
  symbol: string;
  action: "snapshot" | "update";
  sequence: number;
  trades: FeedTrade[];
}

export interface PhaseMessage {
  type: "phase";
  symbol: string;
  action: "snapshot" | "changed" | "scheduled";
  sequence: number;
  timeMs: number;
  phase: string;
  previousPhase: string;
  atMs: number;
  isStopped: boolean;
}

export interface AuctionMessage {
  type: "auction";
  symbol: string;
  action: "indicative" | "result" | "none";
  sequence: number;
  timeMs: number;
  price: string;
  volume: string;
  imbalance: string;
}

export type Topic = "book" | "trades" | "phase" | "auction";
export type FeedMessage = BookMessage | TradesMessage | PhaseMessage | AuctionMessage;

/** What one market's reader is told. */
export interface Reader {
  /** The book has changed; or it is not to be trusted any more, when it is not whole. */
  book?: (book: Book) => void;
  trades?: (message: TradesMessage) => void;
  phase?: (message: PhaseMessage) => void;
  auction?: (message: AuctionMessage) => void;
}

export class Feed {
  /** How often a book was thrown away: the stream had a gap, or its checksum did not come out. */
  faults = { gaps: 0, checksums: 0 };
  readonly #link: Link;
  readonly #books = new Map<string, Book>();
  readonly #readers = new Map<string, Set<Reader>>();
  readonly #onState = new Set<() => void>();

  constructor(address: () => string = () => streamAddress("/lionrock/v1/stream"), around: Surroundings = REAL) {
    const ears = { opened: () => this.#begin(), heard: (message: { type: string }) => this.take(message as FeedMessage), changed: () => this.#changed() };
    this.#link = new Link(() => Promise.resolve(address()), ears, around);
  }

  get state(): LinkState {
    return this.#link.state;
  }

  /** Since anything was heard. */
  get ageMs(): number {
    return this.#link.ageMs;
  }

  get latencyMs(): number | null {
    return this.#link.latencyMs;
  }

  onState(listener: () => void): () => void {
    this.#onState.add(listener);
    return () => this.#onState.delete(listener);
  }

  /** Follows a market with what `reader` has; the function that comes back ends it. */
  follow(symbol: string, reader: Reader): () => void {
    const readers = this.#readers.get(symbol) ?? new Set();
    const before = topicsOf(readers);
    readers.add(reader);
    this.#readers.set(symbol, readers);
    const book = this.#books.get(symbol);
    if (reader.book && book) reader.book(book);
    for (const topic of topicsOf(readers)) if (!before.has(topic)) this.#subscribe(topic, symbol);
    return () => this.#leave(symbol, reader);
  }

  hurry(): void {
    this.#link.hurry();
  }

  end(): void {
    this.#link.end();
  }

  /** One message of the stream. Public, so that a recorded or made-up stream can be played into it. */
  take(message: FeedMessage): void {
    const readers = this.#readers.get(message.symbol);
    if (!readers) return;
    if (message.type === "book") this.#takeBook(message, readers);
    else if (message.type === "trades") for (const reader of readers) reader.trades?.(message);
    else if (message.type === "phase") for (const reader of readers) reader.phase?.(message);
    else if (message.type === "auction") for (const reader of readers) reader.auction?.(message);
  }

  #takeBook(message: BookMessage, readers: Set<Reader>): void {
    let book = this.#books.get(message.symbol);
    if (!book) {
      book = new Book();
      this.#books.set(message.symbol, book);
    }
    const taken = book.take(message);
    if (taken === "waiting") return;
    if (taken === "gap") this.faults.gaps += 1;
    if (taken === "checksum") this.faults.checksums += 1;
    if (taken !== "kept") this.#subscribe("book", message.symbol);
    for (const reader of readers) reader.book?.(book);
  }

  #begin(): void {
    for (const [symbol, readers] of this.#readers) for (const topic of topicsOf(readers)) this.#subscribe(topic, symbol);
  }

  #subscribe(topic: Topic, symbol: string): void {
    this.#link.send({ op: "subscribe", topic, symbol });
  }

  #leave(symbol: string, reader: Reader): void {
    const readers = this.#readers.get(symbol);
    if (!readers?.delete(reader)) return;
    const left = topicsOf(readers);
    for (const topic of topicsOf(new Set([reader]))) if (!left.has(topic)) this.#link.send({ op: "unsubscribe", topic, symbol });
    if (!left.has("book")) this.#books.delete(symbol);
    if (readers.size === 0) this.#readers.delete(symbol);
  }

  /** A lost connection leaves no book that looks whole. */
  #changed(): void {
    if (this.#link.state === "stale") {
      for (const [symbol, book] of this.#books) {
        if (!book.isWhole) continue;
        book.isWhole = false;
        for (const reader of this.#readers.get(symbol) ?? []) reader.book?.(book);
      }
    }
    for (const listener of this.#onState) listener();
  }
}

function topicsOf(readers: Set<Reader>): Set<Topic> {
  const topics = new Set<Topic>();
  for (const reader of readers) for (const topic of ["book", "trades", "phase", "auction"] as const) if (reader[topic]) topics.add(topic);
  return topics;
}
