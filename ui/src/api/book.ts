/** An order book kept from a snapshot and deltas, as docs/streams.md says: sequences, gaps, checksum. */
import { crc32 } from "./crc32.ts";

/** Price and size, as the venue sent them. */
export type Level = [price: string, size: string];

export interface BookMessage {
  type: "book";
  symbol: string;
  action: "snapshot" | "delta";
  firstSequence: number;
  sequence: number;
  timeMs: number;
  bids: Level[];
  asks: Level[];
  checksum: number;
}

/** What became of a message: kept, or why the book is not to be trusted any more. */
export type Taken = "kept" | "waiting" | "gap" | "checksum";

const CHECKED_LEVELS = 25;
const SHOWN_LEVELS = 200;

/** Below zero, zero or above. Exact: the venue's decimal text has no leading zeros, so its digits can be compared. */
export function comparePrices(a: string, b: string): number {
  const [wholeA, wholeB] = [wholeDigits(a), wholeDigits(b)];
  if (wholeA !== wholeB) return wholeA - wholeB;
  return a < b ? -1 : a > b ? 1 : 0;
}

function wholeDigits(price: string): number {
  const dot = price.indexOf(".");
  return dot < 0 ? price.length : dot;
}

export class Book {
  bids: Level[] = [];
  asks: Level[] = [];
  sequence = 0;
  timeMs = 0;
  /** Whether it is whole. It is not before the first snapshot, nor after a gap. */
  isWhole = false;

  take(message: BookMessage): Taken {
    if (message.action === "snapshot") {
      this.bids = message.bids;
      this.asks = message.asks;
      this.isWhole = true;
    } else {
      if (!this.isWhole) return "waiting";
      if (message.firstSequence !== this.sequence + 1) return this.spoil("gap");
      for (const level of message.bids) change(this.bids, level, -1);
      for (const level of message.asks) change(this.asks, level, 1);
      if (this.bids.length > SHOWN_LEVELS) this.bids.length = SHOWN_LEVELS;
      if (this.asks.length > SHOWN_LEVELS) this.asks.length = SHOWN_LEVELS;
    }
    this.sequence = message.sequence;
    this.timeMs = message.timeMs;
    return this.checksum() === message.checksum ? "kept" : this.spoil("checksum");
  }

  /** It is not to be trusted until a snapshot comes. */
  spoil<T extends Taken>(why: T): T {
    this.isWhole = false;
    return why;
  }

  checksum(): number {
    const parts: string[] = [];
    for (let place = 0; place < CHECKED_LEVELS; place += 1) {
      for (const side of [this.bids, this.asks]) {
        const level = side[place];
        if (level) parts.push(level[0], level[1]);
      }
    }
    return crc32(parts.join(":"));
  }
}

/** `direction` is 1 where the lowest price comes first, -1 where the highest does. */
function change(side: Level[], level: Level, direction: 1 | -1): void {
  let [low, high] = [0, side.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePrices((side[middle] as Level)[0], level[0]) * direction < 0) low = middle + 1;
    else high = middle;
  }
  const isThere = side[low]?.[0] === level[0];
  if (level[1] === "0") {
    if (isThere) side.splice(low, 1);
  } else if (isThere) side[low] = level;
  else side.splice(low, 0, level);
}
