/** Exact arithmetic over the venue's decimal text: integers of a common scale. */

export interface Scaled {
  units: bigint;
  places: number;
}

/** Decimal text as units of 10^-places. Raises RangeError for anything else. */
export function scaled(text: string): Scaled {
  const found = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!found) throw new RangeError(`not a decimal number: ${text}`);
  const fraction = found[3] ?? "";
  const units = BigInt(found[2] + fraction);
  return { units: found[1] ? -units : units, places: fraction.length };
}

export function unscaled({ units, places }: Scaled): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, "");
  return (units < 0n ? "-" : "") + (fraction ? `${whole}.${fraction}` : whole);
}

function aligned(a: string, b: string): [bigint, bigint, number] {
  const [x, y] = [scaled(a), scaled(b)];
  const places = Math.max(x.places, y.places);
  return [x.units * 10n ** BigInt(places - x.places), y.units * 10n ** BigInt(places - y.places), places];
}

export function add(a: string, b: string): string {
  const [x, y, places] = aligned(a, b);
  return unscaled({ units: x + y, places });
}

export function subtract(a: string, b: string): string {
  const [x, y, places] = aligned(a, b);
  return unscaled({ units: x - y, places });
}

export function multiply(a: string, b: string): string {
  const [x, y] = [scaled(a), scaled(b)];
  return unscaled({ units: x.units * y.units, places: x.places + y.places });
}

/** Below zero, zero or above, as a and b stand to each other. */
export function compare(a: string, b: string): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** The share a of b in parts of ten thousand, rounded down towards zero; 0 where b is nothing. */
export function basisPoints(a: string, b: string): number {
  const [x, y] = aligned(a, b);
  return y === 0n ? 0 : Number((x * 10_000n) / y);
}

/** For drawing only: a length on the screen may be inexact, a figure never. */
export function forDrawing(text: string): number {
  return Number(text);
}
