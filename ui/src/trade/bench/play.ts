/** A made-up stream of a book, played at a set pace into the feed that the trade page uses; frames are counted. */
import { Book, type BookMessage, type Level } from "../../api/book.ts";
import { Feed } from "../../api/feed.ts";
import type { Wire } from "../../api/socket.ts";

export interface Played {
  updates: number;
  seconds: number;
  framesPerSecond: number;
  /** Time from one frame to the next, of which one in a hundred is longer. */
  slowFrameMs: number;
  /** Share of the time in which updates were taken in, checked and (with a plain re-render) drawn. */
  updateShare: number;
  isWhole: boolean;
}

const SYMBOL = "BENCH";
const LEVELS = 100;
const TURN_MS = 4;

/** A random walk that is the same each time: a linear congruential generator. */
function chances(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const priceAt = (place: number): string => (60_000 + place * 0.5).toFixed(1).replace(/\.0$/, "");
const sizeOf = (chance: number): string => (0.01 + chance * 2).toFixed(3).replace(/\.?0+$/, "");

/** So many messages, as text: a snapshot, then one delta each, mostly near the best prices, as it is in a market. */
export function madeUp(count: number): string[] {
  const chance = chances();
  const side = (direction: 1 | -1): Level[] => Array.from({ length: LEVELS }, (_, at) => [priceAt(direction * (at + 1)), sizeOf(chance())]);
  const book = new Book();
  book.take({ ...frame("snapshot", 1, side(-1), side(1)), checksum: 0 });
  book.isWhole = true;
  const texts = [JSON.stringify({ ...frame("snapshot", 1, book.bids, book.asks), checksum: book.checksum() })];
  for (let sequence = 2; sequence <= count; sequence += 1) {
    const isBid = chance() < 0.5;
    const place = Math.floor(chance() ** 3 * LEVELS);
    const level: Level = [priceAt((isBid ? -1 : 1) * (place + 1)), chance() < 0.1 ? "0" : sizeOf(chance())];
    const message = frame("delta", sequence, isBid ? [level] : [], isBid ? [] : [level]);
    book.take(message);
    book.isWhole = true;
    texts.push(JSON.stringify({ ...message, checksum: book.checksum() }));
  }
  return texts;
}

function frame(action: "snapshot" | "delta", sequence: number, bids: Level[], asks: Level[]): BookMessage {
  return { type: "book", symbol: SYMBOL, action, firstSequence: sequence, sequence, timeMs: 0, bids, asks, checksum: 0 };
}

/** A connection that never says anything: the messages are played into the feed. */
class Silent implements Wire {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  send(): void {}
  close(): void {}
}

export async function play(texts: string[], perSecond: number, show: (book: Book) => void): Promise<Played> {
  const feed = new Feed(() => "", { open: () => new Silent(), nowMs: () => performance.now(), chance: Math.random });
  let book = new Book();
  feed.follow(SYMBOL, {
    book: (changed) => {
      book = changed;
      show(changed);
    },
  });
  const frames: number[] = [];
  const begun = performance.now();
  let [taken, updateMs] = [0, 0];
  await new Promise<void>((resolve) => {
    const count = (at: number): void => {
      frames.push(at);
      if (taken < texts.length) requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    const turn = setInterval(() => {
      const start = performance.now();
      const due = Math.min(texts.length, Math.floor(((start - begun) / 1_000) * perSecond));
      for (; taken < due; taken += 1) feed.take(JSON.parse(texts[taken] as string) as BookMessage);
      updateMs += performance.now() - start;
      if (taken < texts.length) return;
      clearInterval(turn);
      resolve();
    }, TURN_MS);
  });
  const seconds = (performance.now() - begun) / 1_000;
  feed.end();
  const gaps = frames.slice(1).map((at, index) => at - (frames[index] as number)).sort((a, b) => a - b);
  return {
    updates: texts.length,
    seconds,
    framesPerSecond: frames.length / seconds,
    slowFrameMs: gaps[Math.floor(gaps.length * 0.99)] ?? 0,
    updateShare: updateMs / 1_000 / seconds,
    isWhole: book.isWhole,
  };
}
