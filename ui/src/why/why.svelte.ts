/** The why-panel: what one figure rests on. One panel, the same everywhere. */
import { Refusal, type Figure } from "../api/refusal.ts";

export interface RuleShown {
  id: string;
  /** Instrument and clause, as the law names them. */
  source: string;
  words: string;
}

export interface Posting {
  account: string;
  asset: string;
  amount: string;
}

export interface Why {
  /** The figure's own name, in the reader's language. */
  title: string;
  /** One sentence: what it is and how it came to be. */
  sentence: string;
  rules?: RuleShown[];
  facts?: { name: string; value: string | Figure }[];
  postings?: Posting[];
  /** Of the command in the journal; the proof of it can be asked for. */
  sequence?: string;
  timeMs?: number;
  nextStep?: string;
  /** Where more is told. */
  link?: { address: string; words: string };
}

interface Panel {
  isOpen: boolean;
  why: Why | null;
  /** Why there is nothing to show. */
  refusal: Refusal | null;
}

export const panel: Panel = $state({ isOpen: false, why: null, refusal: null });
let openedBy: HTMLElement | null = null;
/** What was asked for last; what was asked before it and comes later is not shown. */
let asked: object | null = null;

/** Opens the panel with what `why` is, or comes to be; focus returns to `mark` when it closes. */
export async function explain(mark: HTMLElement | null, why: Why | (() => Promise<Why>)): Promise<void> {
  openedBy = mark;
  const mine = (asked = {});
  if (typeof why !== "function") {
    Object.assign(panel, { isOpen: true, why, refusal: null });
    return;
  }
  Object.assign(panel, { isOpen: true, why: null, refusal: null });
  try {
    const found = await why();
    if (asked === mine) panel.why = found;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (asked === mine) panel.refusal = error;
  }
}

export function close(): void {
  Object.assign(panel, { isOpen: false, why: null, refusal: null });
  asked = null;
  openedBy?.focus();
  openedBy = null;
}
