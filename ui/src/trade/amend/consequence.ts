/** What amending a resting order would do to its place in the queue, by the book as it shows. */
import type { Book } from "../../api/book.ts";
import { add, compare, subtract } from "../../words/amounts.ts";

/** What of an order decides it. */
export interface Resting {
  side: string;
  price: string;
  quantity: string;
  executedQuantity: string;
  displayQuantity: string;
  postOnly: boolean;
}

export interface Consequence {
  keepsPlace: boolean;
  /** What stands at the price already and trades before it; "0" where nobody does. */
  ahead: string;
  /** What of it would trade at once; "0" where it rests whole. */
  atOnce: string;
  /** A post-only order that would trade at once is not amended. */
  isRefused: boolean;
}

const least = (a: string, b: string): string => (compare(a, b) < 0 ? a : b);

/** Where `price` and `quantity`, what has traded included, take the place of those it has. */
export function consequence(order: Resting, price: string, quantity: string, book: Pick<Book, "bids" | "asks">): Consequence {
  const isSamePrice = compare(price, order.price) === 0;
  if (isSamePrice && compare(quantity, order.quantity) <= 0) return { keepsPlace: true, ahead: "0", atOnce: "0", isRefused: false };
  const [own, other, way] = order.side === "BUY" ? ([book.bids, book.asks, 1] as const) : ([book.asks, book.bids, -1] as const);
  const reached = other.filter(([level]) => compare(level, price) * way <= 0).reduce((sum, [, size]) => add(sum, size), "0");
  const atOnce = least(reached, subtract(quantity, order.executedQuantity));
  const there = own.find(([level]) => compare(level, price) === 0)?.[1] ?? "0";
  // At its own price it is part of what shows there, of an iceberg at most what it shows.
  const left = subtract(order.quantity, order.executedQuantity);
  const mine = !isSamePrice ? "0" : compare(order.displayQuantity, "0") > 0 ? least(order.displayQuantity, left) : left;
  return { keepsPlace: false, ahead: subtract(there, least(mine, there)), atOnce, isRefused: order.postOnly && compare(atOnce, "0") > 0 };
}
