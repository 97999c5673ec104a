/** Books from streams: deltas, gaps, checksums, lost connections. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { AccountFeed, type AccountSnapshot, type AccountUpdate } from "../src/api/account_feed.ts";
import { Book, comparePrices, type BookMessage, type Level } from "../src/api/book.ts";
import { crc32 } from "../src/api/crc32.ts";
import { Feed } from "../src/api/feed.ts";
import type { Wire } from "../src/api/socket.ts";

class FakeWire implements Wire {
  static made: FakeWire[] = [];
  sent: { op: string; topic?: string; symbol?: string }[] = [];
  isClosed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  constructor() {
    FakeWire.made.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.isClosed = true;
  }
  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  subscribed(topic: string): number {
    return this.sent.filter((each) => each.op === "subscribe" && each.topic === topic).length;
  }
}

const time = { nowMs: 1_000 };
const around = { open: () => new FakeWire(), nowMs: () => time.nowMs, chance: () => 1 };

function snapshot(bids: Level[], asks: Level[], sequence: number, checksum?: number): BookMessage {
  const book = new Book();
  book.bids = bids;
  book.asks = asks;
  return { type: "book", symbol: "BTCUSDT", action: "snapshot", firstSequence: sequence, sequence, timeMs: 5, bids, asks, checksum: checksum ?? book.checksum() };
}

function delta(firstSequence: number, sequence: number, bids: Level[], asks: Level[], checksum: number): BookMessage {
  return { type: "book", symbol: "BTCUSDT", action: "delta", firstSequence, sequence, timeMs: 6, bids, asks, checksum };
}

function checksumOf(bids: Level[], asks: Level[]): number {
  return snapshot(bids, asks, 0).checksum;
}

/** Lets what awaits go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

function wire(): FakeWire {
  const last = FakeWire.made.at(-1);
  assert.ok(last);
  return last;
}

test("the checksum is that of the documentation", () => {
  assert.equal(crc32("123456789"), 0xcbf43926);
  assert.equal(checksumOf([["100.5", "2"], ["100", "1"]], [["101", "3"]]), 4130375076);
});

test("prices are compared by their digits, exactly", () => {
  const prices = ["0.00000001", "0.5", "9", "10", "10.05", "10.5", "64210", "64210.5", "9007199254740993", "9007199254740993.1"];
  for (let at = 1; at < prices.length; at += 1) assert.ok(comparePrices(prices[at - 1] as string, prices[at] as string) < 0);
  assert.equal(comparePrices("10.5", "10.5"), 0);
});

test("deltas add, change and take away levels in their order", () => {
  const book = new Book();
  assert.equal(book.take(snapshot([["100", "1"], ["99", "2"]], [["101", "3"]], 10)), "kept");
  const bids: Level[] = [["100.5", "4"], ["99", "5"]];
  const asks: Level[] = [["100.75", "1"], ["101", "3"]];
  assert.equal(book.take(delta(11, 14, [["100", "0"], ["100.5", "4"], ["99", "5"]], [["100.75", "1"]], checksumOf(bids, asks))), "kept");
  assert.deepEqual([book.bids, book.asks, book.sequence], [bids, asks, 14]);
});

test("more than 200 levels are not kept", () => {
  const bids: Level[] = Array.from({ length: 200 }, (_, at) => [String(1_000 - at), "1"]);
  const book = new Book();
  book.take(snapshot(structuredClone(bids), [], 1));
  book.take(delta(2, 2, [["1001", "1"]], [], checksumOf([["1001", "1"], ...bids], [])));
  assert.equal(book.bids.length, 200);
  assert.equal(book.bids.at(-1)?.[0], "802");
});

test("a delta that does not follow is a gap, and nothing is kept until a snapshot comes", () => {
  const book = new Book();
  book.take(snapshot([["100", "1"]], [], 10));
  assert.equal(book.take(delta(12, 12, [["100", "2"]], [], 0)), "gap");
  assert.equal(book.isWhole, false);
  assert.equal(book.take(delta(13, 13, [["100", "2"]], [], 0)), "waiting");
  assert.equal(book.take(snapshot([["98", "1"]], [], 20)), "kept");
  assert.deepEqual(book.bids, [["98", "1"]]);
});

test("a checksum that does not come out spoils the book", () => {
  const book = new Book();
  book.take(snapshot([["100", "1"]], [], 10));
  assert.equal(book.take(delta(11, 11, [["100", "2"]], [], 1)), "checksum");
  assert.equal(book.isWhole, false);
});

test("a feed asks for a new book after a gap and after a wrong checksum", async (context: TestContext) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const feed = new Feed(() => "ws://venue", around);
  const seen: boolean[] = [];
  feed.follow("BTCUSDT", { book: (book) => seen.push(book.isWhole) });
  await settle();
  wire().onopen?.();
  assert.equal(wire().subscribed("book"), 1);
  wire().say(snapshot([["100", "1"]], [], 10));
  wire().say(delta(12, 12, [["100", "2"]], [], 0));
  assert.equal(wire().subscribed("book"), 2);
  wire().say(snapshot([["100", "1"]], [], 12));
  wire().say(delta(13, 13, [["100", "2"]], [], 77));
  assert.equal(wire().subscribed("book"), 3);
  assert.deepEqual(seen, [true, false, true, false]);
  assert.deepEqual(feed.faults, { gaps: 1, checksums: 1 });
  feed.end();
});

test("a lost connection makes the book stale at once; the next one begins with a snapshot", async (context: TestContext) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const feed = new Feed(() => "ws://venue", around);
  const states: string[] = [];
  const whole: boolean[] = [];
  feed.onState(() => states.push(feed.state));
  feed.follow("BTCUSDT", { book: (book) => whole.push(book.isWhole), trades: () => undefined });
  await settle();
  const first = wire();
  first.onopen?.();
  first.say(snapshot([["100", "1"]], [], 10));
  first.onclose?.({ code: 1012, reason: "" });
  assert.equal(feed.state, "stale");
  assert.deepEqual(whole, [true, false]);
  context.mock.timers.tick(250);
  await settle();
  assert.notEqual(wire(), first);
  assert.equal(feed.state, "stale", "until something is heard");
  wire().onopen?.();
  assert.equal(wire().subscribed("book") + wire().subscribed("trades"), 2);
  wire().say(snapshot([["98", "1"]], [], 3));
  assert.equal(feed.state, "live");
  assert.deepEqual(whole, [true, false, true]);
  feed.end();
});

test("a connection on which nothing is heard for five seconds is given up, and tries wait longer each time", async (context: TestContext) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const feed = new Feed(() => "ws://venue", around);
  await settle();
  const first = wire();
  first.onopen?.();
  first.say({ type: "pong" });
  assert.equal(feed.latencyMs, 0);
  time.nowMs += 5_000;
  context.mock.timers.tick(1_000);
  assert.equal(feed.state, "stale");
  assert.ok(first.isClosed);
  for (const wait of [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
    const before = FakeWire.made.length;
    context.mock.timers.tick(wait - 1);
    await settle();
    assert.equal(FakeWire.made.length, before);
    context.mock.timers.tick(1);
    await settle();
    assert.equal(FakeWire.made.length, before + 1);
    wire().onclose?.({ code: 1006, reason: "" });
  }
  feed.end();
});

test("who leaves a market ends its topics, and another reader keeps its own", async () => {
  const feed = new Feed(() => "ws://venue", around);
  await settle();
  wire().onopen?.();
  const leave = feed.follow("BTCUSDT", { book: () => undefined, phase: () => undefined });
  feed.follow("BTCUSDT", { phase: () => undefined });
  leave();
  const ended = wire().sent.filter((each) => each.op === "unsubscribe");
  assert.deepEqual(ended, [{ op: "unsubscribe", topic: "book", symbol: "BTCUSDT" }]);
  feed.end();
});

test("an account's update that does not follow is answered by asking for a snapshot", async (context: TestContext) => {
  context.mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  const seen: string[] = [];
  const reader = {
    snapshot: (message: AccountSnapshot) => seen.push(`snapshot ${message.sequence}`),
    update: (message: AccountUpdate) => seen.push(`update ${message.sequence}`),
    changed: () => undefined,
  };
  const keyed = { address: () => Promise.resolve("ws://venue/key"), renew: () => Promise.resolve() };
  const feed = new AccountFeed(reader as never, keyed, around);
  await settle();
  wire().onopen?.();
  const update = (previousSequence: number, sequence: number): object => ({ type: "update", accountId: "1", previousSequence, sequence, events: [], balances: [] });
  wire().say({ type: "snapshot", accountId: "1", sequence: 5, orders: [], balances: [] });
  wire().say(update(5, 8));
  wire().say(update(9, 12));
  wire().say(update(12, 13));
  wire().say({ type: "snapshot", accountId: "1", sequence: 13, orders: [], balances: [] });
  assert.deepEqual(seen, ["snapshot 5", "update 8", "snapshot 13"]);
  assert.equal(feed.gaps, 1);
  assert.equal(wire().sent.filter((each) => each.op === "subscribe").length, 2);
  feed.end();
});
