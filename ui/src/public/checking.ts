/** The steps of checking the venue's newest checkpoint against the one that this browser, or its reader, kept. */
import type { AnswerOf } from "../api/client.ts";
import { CheckpointFault, fromHex, grewFrom, isSame, readCheckpoint, readVerifierKey, type Checkpoint } from "../record/proofs.ts";

export type Newest = AnswerOf<"/lionrock/v1/checkpoints/latest", "get">;
export type Growth = AnswerOf<"/lionrock/v1/checkpoints/consistency", "get">;

/** What stays in this browser: a note as it was signed, and the key that it was checked with. */
export interface Kept {
  note: string;
  verifierKey: string;
  /** When it was kept here, in milliseconds. */
  atMs: number;
}

export type StepName = "key" | "signature" | "same_record" | "not_smaller" | "growth";

export interface Step {
  name: StepName;
  isGood: boolean;
  /** Key of the words below `public.step.<name>`: how it ended. */
  told: string;
  values: Record<string, string>;
}

export interface Checked {
  steps: Step[];
  isGood: boolean;
  newest: Checkpoint | null;
}

/** How it asks the venue for the proof from a smaller tree. */
export type AskGrowth = (from: bigint) => Promise<Growth>;

const PLACE = "lionrock.checkpoint";

export function read(): Kept | null {
  const text = localStorage.getItem(PLACE);
  if (text === null) return null;
  try {
    const found = JSON.parse(text) as Kept;
    return typeof found.note === "string" && typeof found.verifierKey === "string" ? found : null;
  } catch {
    return null;
  }
}

export function keep(kept: Kept): void {
  localStorage.setItem(PLACE, JSON.stringify(kept));
}

/**
 * Checks `newest` by `wantedKey`, the key that the reader relies on (of the kept checkpoint, or typed; with none, the one that came
 * with the answer, which is told), and, where there is one, that nothing in `kept` was rewritten.
 */
export async function check(newest: Newest, kept: Kept | null, wantedKey: string, askGrowth: AskGrowth): Promise<Checked> {
  const steps: Step[] = [];
  const step = (name: StepName, isGood: boolean, told: string, values: Record<string, string> = {}): boolean => {
    steps.push({ name, isGood, told, values });
    return isGood;
  };
  const relied = wantedKey || newest.verifierKey;
  if (!step("key", relied === newest.verifierKey, relied !== newest.verifierKey ? "other" : wantedKey ? "kept" : "first", { key: relied })) {
    return { steps, isGood: false, newest: null };
  }
  let now: Checkpoint;
  try {
    now = await readCheckpoint(newest.note, await readVerifierKey(relied));
  } catch (error) {
    if (!(error instanceof CheckpointFault)) throw error;
    step("signature", false, error.fault);
    return { steps, isGood: false, newest: null };
  }
  step("signature", true, "good", { size: String(now.size) });
  if (kept === null) return { steps, isGood: true, newest: now };
  const isGood = await checkGrowth(now, newest, kept, relied, askGrowth, step);
  return { steps, isGood, newest: now };
}

async function checkGrowth(
  now: Checkpoint,
  newest: Newest,
  kept: Kept,
  relied: string,
  askGrowth: AskGrowth,
  step: (name: StepName, isGood: boolean, told: string, values?: Record<string, string>) => boolean,
): Promise<boolean> {
  let old: Checkpoint;
  try {
    old = await readCheckpoint(kept.note, await readVerifierKey(relied));
  } catch (error) {
    if (!(error instanceof CheckpointFault)) throw error;
    return step("same_record", false, "kept_unsigned");
  }
  if (!step("same_record", old.origin === now.origin, old.origin === now.origin ? "good" : "other", { origin: now.origin })) return false;
  const sizes = { old: String(old.size), size: String(now.size) };
  if (!step("not_smaller", now.size >= old.size, now.size >= old.size ? "good" : "smaller", sizes)) return false;
  const growth = await askGrowth(old.size);
  // The proof comes with a checkpoint of its own, which may be newer by now; it must be signed as well.
  let proven = now;
  if (growth.checkpoint.note !== newest.note) {
    try {
      proven = await readCheckpoint(growth.checkpoint.note, await readVerifierKey(relied));
    } catch {
      return step("growth", false, "bad", sizes);
    }
  }
  let isGrown = false;
  try {
    isGrown = proven.origin === old.origin && (await grewFrom(old, proven, growth.path.map(fromHex)));
  } catch (error) {
    if (!(error instanceof CheckpointFault)) throw error;
  }
  const isStill = old.size === now.size && isSame(old.root, now.root);
  return step("growth", isGrown, isGrown ? (isStill ? "still" : "good") : "bad", { ...sizes, hashes: String(growth.path.length) });
}

/** The same answer with one bit of what was signed changed, to see that it is found out. */
export function withChangedByte(newest: Newest): Newest {
  const at = newest.note.indexOf("\n") + 1; // the first digit of the size
  const digit = newest.note.charCodeAt(at) === 0x31 ? "3" : "1";
  return { ...newest, note: newest.note.slice(0, at) + digit + newest.note.slice(at + 1) };
}
