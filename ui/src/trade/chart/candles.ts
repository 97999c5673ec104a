/** Candles of a market: read once, then grown by the trades that come. */
import { ask } from "../../api/client.ts";
import type { FeedTrade } from "../../api/feed.ts";
import { add, compare } from "../../words/amounts.ts";

export const INTERVALS = ["1m", "5m", "1h", "1d"] as const;
export type Interval = (typeof INTERVALS)[number];
const LENGTH_MS: Record<Interval, number> = { "1m": 60_000, "5m": 300_000, "1h": 3_600_000, "1d": 86_400_000 };

export interface Candle {
  openMs: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
}

export async function readCandles(symbol: string, interval: Interval): Promise<Candle[]> {
  const rows = (await ask("get", "/quote/v1/klines", { query: { symbol, interval, limit: 500 } })) as unknown as [number, string, string, string, string, string][];
  return rows.map(([openMs, open, high, low, close, volume]) => ({ openMs, open, high, low, close, volume }));
}

/** The candles with a trade more; a new list whose last candle is new. */
export function grown(candles: Candle[], trade: FeedTrade, interval: Interval): Candle[] {
  const openMs = Math.floor(trade.timeMs / LENGTH_MS[interval]) * LENGTH_MS[interval];
  const last = candles.at(-1);
  if (last && openMs < last.openMs) return candles;
  if (!last || openMs > last.openMs) return [...candles, { openMs, open: trade.price, high: trade.price, low: trade.price, close: trade.price, volume: trade.size }];
  const high = compare(trade.price, last.high) > 0 ? trade.price : last.high;
  const low = compare(trade.price, last.low) < 0 ? trade.price : last.low;
  return [...candles.slice(0, -1), { ...last, high, low, close: trade.price, volume: add(last.volume, trade.size) }];
}
