/** What the pages know of a market, and small sums with its steps. */
import type { AnswerOf } from "../api/client.ts";
import { add, compare, scaled, subtract, unscaled } from "../words/amounts.ts";

export type Market = Extract<AnswerOf<"/lionrock/v1/markets", "get">, readonly unknown[]>[number];
export type Side = "BUY" | "SELL";
export const CALLS: readonly string[] = ["PRE_OPEN", "VOLATILITY_AUCTION"];

/** Decimals of a step such as "0.01": 2. */
export function placesOf(step: string): number {
  return scaled(step).places;
}

/** `text` moved by so many steps, down to one step at least. */
export function stepped(text: string, step: string, count: number): string {
  const change = unscaled({ units: scaled(step).units * BigInt(Math.abs(count)), places: scaled(step).places });
  const moved = count < 0 ? subtract(text, change) : add(text, change);
  return compare(moved, step) < 0 ? step : moved;
}

/** The quotient, cut to so many decimals. `b` is not zero. */
export function quotient(a: string, b: string, places: number): string {
  const [x, y] = [scaled(a), scaled(b)];
  const units = (x.units * 10n ** BigInt(y.places + places)) / (y.units * 10n ** BigInt(x.places));
  return unscaled({ units, places });
}

/** `text` cut down to a multiple of `step`. */
export function cutTo(text: string, step: string): string {
  const places = Math.max(scaled(text).places, scaled(step).places);
  const [x, y] = [text, step].map((each) => scaled(each).units * 10n ** BigInt(places - scaled(each).places)) as [bigint, bigint];
  return unscaled({ units: x - (x % y), places });
}

/** A share such as "0.0012" as a percentage: "0.12". */
export function percentage(share: string): string {
  const { units, places } = scaled(share);
  return unscaled({ units: units * 100n, places });
}

/** How far `last` is from `first`, in percent with two decimals, cut towards zero; empty where there is no first price. */
export function changePercent(first: string, last: string): string {
  if (!first || compare(first, "0") === 0) return "";
  const [x, y] = [scaled(last), scaled(first)];
  const places = Math.max(x.places, y.places);
  const [a, b] = [x.units * 10n ** BigInt(places - x.places), y.units * 10n ** BigInt(places - y.places)];
  return unscaled({ units: ((a - b) * 10_000n) / b, places: 2 });
}
