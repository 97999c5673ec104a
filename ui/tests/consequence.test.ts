/** What an amendment costs in the queue, as spec/amending.md has it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { consequence, type Resting } from "../src/trade/amend/consequence.ts";

type Levels = [string, string][];
const book: { bids: Levels; asks: Levels } = { bids: [["100", "7"], ["99.5", "3"]], asks: [["101", "2"], ["102", "4"]] };
const buy: Resting = { side: "BUY", price: "100", quantity: "5", executedQuantity: "1", displayQuantity: "0", postOnly: false };
const of = (order: Partial<Resting>, price: string, quantity = "5") => consequence({ ...buy, ...order }, price, quantity, book);
const rests = (ahead: string) => ({ keepsPlace: false, ahead, atOnce: "0", isRefused: false });

test("made smaller at its price, or left as it is, it keeps its place", () => {
  for (const quantity of ["5", "4.99"]) assert.equal(of({}, "100.00", quantity).keepsPlace, true);
});

test("made larger, it stands behind the others of its price and not behind itself", () => {
  assert.deepEqual(of({}, "100", "6"), rests("3"));
  assert.deepEqual(of({ displayQuantity: "1.5" }, "100", "6"), rests("5.5"));
  assert.deepEqual(consequence({ ...buy, executedQuantity: "0" }, "100", "6", { bids: [["100", "4"]], asks: [] }), rests("0"));
});

test("moved, it stands behind all that is there, and first where nobody is", () => {
  assert.deepEqual(of({}, "99.5"), rests("3"));
  assert.deepEqual(of({}, "100.5"), rests("0"));
  assert.deepEqual(of({ side: "SELL", price: "102" }, "101"), rests("2"));
});

test("moved across the touch, what reaches the other side trades at once", () => {
  assert.deepEqual(of({}, "101"), { keepsPlace: false, ahead: "0", atOnce: "2", isRefused: false });
  assert.equal(of({}, "102").atOnce, "4");
  assert.equal(of({ side: "SELL", price: "101" }, "99").atOnce, "4");
  assert.deepEqual(of({ postOnly: true }, "101"), { keepsPlace: false, ahead: "0", atOnce: "2", isRefused: true });
});
