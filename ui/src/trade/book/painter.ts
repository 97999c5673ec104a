/** Paints a book into fixed rows: at most once a frame, and only cells whose text has changed are written. */
import type { Level } from "../../api/book.ts";
import { scaled, unscaled } from "../../words/amounts.ts";

export interface Sides {
  bids: Level[];
  asks: Level[];
}

export interface PainterOptions {
  rows: number;
  /** Decimals that are always shown, of prices and of sizes. */
  pricePlaces: number;
  sizePlaces: number;
  /** Text as the reader writes numbers: what counts, and the faint zeros behind it. */
  write: (text: string, places: number) => [string, string];
  pick?: (price: string, side: "bid" | "ask") => void;
  /** What a screen reader is told of the row that has the focus; `own` is what of it is the reader's, empty for nothing. */
  describe?: (side: "bid" | "ask", price: string, size: string, sum: string, own: string) => string;
}

/** A level as it is shown. */
export interface Shown {
  side: "bid" | "ask";
  price: string;
}

interface Cell {
  figure: Text;
  zeros: Text;
  shown: string;
}

interface Row {
  element: HTMLButtonElement;
  price: Cell;
  size: Cell;
  sum: Cell;
  bar: HTMLElement;
  share: number;
  isOwn: boolean;
}

/** Numbers are drawn in parts of a thousand, so that a bar does not move for nothing. */
const STEPS = 1_000;

export class BookPainter {
  /** Frames in which something was painted, and cells that were written; a benchmark reads them. */
  painted = { frames: 0, cells: 0 };
  readonly #options: PainterOptions;
  readonly #rows: Record<"bid" | "ask", Row[]> = { bid: [], ask: [] };
  #sides: Sides = { bids: [], asks: [] };
  #frame = 0;
  #isFrozen = false;
  #focused: Row | null = null;
  #own: Record<"bid" | "ask", ReadonlyMap<string, string>> = { bid: new Map(), ask: new Map() };
  #target: HTMLElement | null = null;

  /** Makes the rows in the two elements; those of asks stand with the best at the bottom. */
  constructor(asks: HTMLElement, bids: HTMLElement, options: PainterOptions) {
    this.#options = options;
    for (const [side, parent] of [["ask", asks], ["bid", bids]] as const) {
      parent.replaceChildren();
      for (let at = 0; at < options.rows; at += 1) {
        const row = this.#makeRow(side, at);
        this.#rows[side].push(row);
        if (side === "ask") parent.prepend(row.element);
        else parent.append(row.element);
      }
    }
    const best = this.#rows.bid[0];
    if (best) best.element.tabIndex = 0;
  }

  /** The book as it is from now on; it is painted with the next frame. */
  show(sides: Sides): void {
    this.#sides = sides;
    if (this.#frame === 0 && !this.#isFrozen) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  /** A frozen book stands still for reading, whatever comes; thawed, it shows the newest. */
  freeze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    if (!isFrozen) this.show(this.#sides);
  }

  /** Prices at which the reader has orders, and how much. */
  setOwn(own: Record<"bid" | "ask", ReadonlyMap<string, string>>): void {
    this.#own = own;
    for (const side of ["ask", "bid"] as const) {
      for (const row of this.#rows[side]) this.#mark(row, side);
      this.#describe(side);
    }
  }

  /** The level whose row this element is, or is in. */
  levelAt(element: Element | null): Shown | null {
    const within = element?.closest(".level");
    for (const side of ["ask", "bid"] as const) {
      const row = this.#rows[side].find((each) => each.element === within);
      if (row) return row.price.shown ? { side, price: row.price.shown } : null;
    }
    return null;
  }

  /** Shows to which level something would go; none without a price. */
  aim(price: string): void {
    const row = price ? [...this.#rows.ask, ...this.#rows.bid].find((each) => each.price.shown === price) : undefined;
    if (row?.element === this.#target) return;
    this.#target?.classList.remove("target");
    this.#target = row?.element ?? null;
    this.#target?.classList.add("target");
  }

  end(): void {
    cancelAnimationFrame(this.#frame);
  }

  #paint(): void {
    this.#frame = 0;
    if (this.#isFrozen) return;
    this.painted.frames += 1;
    const { rows } = this.#options;
    const sums = [cumulated(this.#sides.asks, rows), cumulated(this.#sides.bids, rows)] as const;
    const most = sums.reduce((found, { units }) => (units > found ? units : found), 0n);
    this.#paintSide("ask", this.#sides.asks, sums[0], most);
    this.#paintSide("bid", this.#sides.bids, sums[1], most);
  }

  #paintSide(side: "bid" | "ask", levels: Level[], sums: Sums, most: bigint): void {
    this.#rows[side].forEach((row, at) => {
      const level = levels[at];
      const sum = sums.texts[at] ?? "";
      this.#write(row.price, level?.[0] ?? "", this.#options.pricePlaces);
      this.#write(row.size, level?.[1] ?? "", this.#options.sizePlaces);
      this.#write(row.sum, sum, this.#options.sizePlaces);
      const share = most > 0n ? Number(((sums.each[at] ?? 0n) * BigInt(STEPS)) / most) : 0;
      if (share !== row.share) {
        row.share = share;
        row.bar.style.transform = `scaleX(${share / STEPS})`;
      }
      if (row.element.disabled !== (level === undefined)) this.#hide(row, level === undefined);
      this.#mark(row, side);
    });
    if (this.#focused) this.#describe(side);
  }

  /** A row without a level keeps its place and is nothing to press. */
  #hide(row: Row, isEmpty: boolean): void {
    row.element.disabled = isEmpty;
    row.element.style.visibility = isEmpty ? "hidden" : "visible";
  }

  #mark(row: Row, side: "bid" | "ask"): void {
    const isOwn = this.#own[side].has(row.price.shown);
    if (isOwn !== row.isOwn) row.element.classList.toggle("own", (row.isOwn = isOwn));
  }

  #write(cell: Cell, text: string, places: number): void {
    if (cell.shown === text) return;
    cell.shown = text;
    const [figure, zeros] = text ? this.#options.write(text, places) : ["", ""];
    if (cell.figure.data !== figure) cell.figure.data = figure;
    if (cell.zeros.data !== zeros) cell.zeros.data = zeros;
    this.painted.cells += 1;
  }

  #describe(side: "bid" | "ask"): void {
    const row = this.#focused;
    if (!row || !this.#rows[side].includes(row)) return;
    const words = this.#options.describe?.(side, row.price.shown, row.size.shown, row.sum.shown, this.#own[side].get(row.price.shown) ?? "");
    if (words && row.element.ariaLabel !== words) row.element.ariaLabel = words;
  }

  #makeRow(side: "bid" | "ask", at: number): Row {
    const element = document.createElement("button");
    element.type = "button";
    element.className = `level ${side}`;
    element.tabIndex = -1;
    element.disabled = true;
    element.style.visibility = "hidden";
    const bar = document.createElement("span");
    bar.className = "bar";
    bar.style.transform = "scaleX(0)";
    const row: Row = { element, bar, share: 0, isOwn: false, price: makeCell("price"), size: makeCell("size"), sum: makeCell("sum") };
    element.append(bar, ...[row.price, row.size, row.sum].map((cell) => cell.figure.parentElement as HTMLElement));
    element.addEventListener("click", () => row.price.shown && this.#options.pick?.(row.price.shown, side));
    element.addEventListener("focus", () => {
      this.#focused = row;
      this.#describe(side);
    });
    element.addEventListener("blur", () => {
      this.#focused = null;
      element.ariaLabel = null;
    });
    element.addEventListener("keydown", (event) => this.#move(event, side, at));
    return row;
  }

  /** One stop for the tabulator; the arrows go from level to level, through the spread as well. */
  #move(event: KeyboardEvent, side: "bid" | "ask", at: number): void {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const order = [...[...this.#rows.ask].reverse(), ...this.#rows.bid];
    const here = order.indexOf(this.#rows[side][at] as Row);
    const next = order[here + step];
    if (!next || next.element.disabled) return;
    for (const row of order) row.element.tabIndex = row === next ? 0 : -1;
    next.element.focus();
  }
}

interface Sums {
  texts: string[];
  each: bigint[];
  units: bigint;
}

/** Sums from the best level on, exact, in text and in units of one scale of eighteen decimals. */
function cumulated(levels: Level[], rows: number): Sums {
  const [texts, each]: [string[], bigint[]] = [[], []];
  let units = 0n;
  for (let at = 0; at < rows && at < levels.length; at += 1) {
    const size = scaled((levels[at] as Level)[1]);
    units += size.units * 10n ** BigInt(PLACES - size.places);
    each.push(units);
    texts.push(unscaled({ units, places: PLACES }));
  }
  return { texts, each, units };
}

const PLACES = 18;

function makeCell(name: string): Cell {
  const element = document.createElement("span");
  element.className = name;
  const zeros = document.createElement("span");
  zeros.className = "faint";
  const [figure, rest] = [document.createTextNode(""), document.createTextNode("")];
  zeros.append(rest);
  element.append(figure, zeros);
  return { figure, zeros: rest, shown: "" };
}
