/** Checks in the page that a command, or an entry of a log, is in the signed record, step by step. */
import { CheckpointFault, fromBase64, fromHex, leafHash, readCheckpoint, readUnsigned, readVerifierKey, rootFrom, sha256, toHex } from "../record/proofs.ts";

export interface Checkpoint {
  note: string;
  treeSize: string;
  rootHash: string;
  verifierKey: string;
  origin: string;
}

/** What the venue sends; `frame` to staff only. */
export interface EntryProof {
  sequence: string;
  leafHash: string;
  leafIndex: string;
  path: string[];
  firstSequence: string;
  lastSequence: string;
  checkpoint: Checkpoint;
  frame?: string;
  frameHash?: string;
}

/** An entry of a log whose digest the frame is to carry. */
export interface LogEntry {
  canonical: string;
  digest: string;
}

export type StepName = "digest" | "carried" | "frame" | "leaf" | "path" | "note" | "signature";

/** One step, in order: whether it holds, and what it came to. `null` where this browser cannot tell. */
export interface Step {
  name: StepName;
  holds: boolean | null;
  figure: string;
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text));

/** Whether the lines of the note say the size and the root that the answer says. */
function noteSays({ note, treeSize, rootHash, origin }: Checkpoint): boolean {
  try {
    const told = readUnsigned(note);
    return told.origin === origin && String(told.size) === treeSize && toHex(told.root) === rootHash;
  } catch (error) {
    if (!(error instanceof CheckpointFault)) throw error;
    return false;
  }
}

/** Whether the note is signed with the key; null where the browser knows no Ed25519. */
async function isSigned({ note, verifierKey }: Checkpoint): Promise<boolean | null> {
  try {
    await readCheckpoint(note, await readVerifierKey(verifierKey));
    return true;
  } catch (error) {
    if (!(error instanceof CheckpointFault)) throw error;
    return error.fault === "no_ed25519" ? null : false;
  }
}

function holdsBytes(whole: Uint8Array, part: Uint8Array): boolean {
  return whole.some((_, at) => part.every((byte, place) => whole[at + place] === byte));
}

/** Every step of the way from what was recorded to the venue's signature. Nothing is taken from the venue's word. */
export async function check(proof: EntryProof, entry?: LogEntry): Promise<Step[]> {
  const steps: Step[] = [];
  const add = (name: StepName, holds: boolean | null, figure: string): number => steps.push({ name, holds, figure });
  const frame = proof.frame === undefined ? null : fromBase64(proof.frame);
  if (entry) {
    const digest = await sha256(utf8(entry.canonical));
    add("digest", toHex(digest) === entry.digest, toHex(digest));
    if (frame) add("carried", holdsBytes(frame, digest), toHex(digest));
  }
  let leaf = fromHex(proof.leafHash);
  if (frame) {
    const frameHash = await sha256(frame);
    add("frame", toHex(frameHash) === proof.frameHash, toHex(frameHash));
    leaf = await leafHash(frameHash);
    add("leaf", toHex(leaf) === proof.leafHash, toHex(leaf));
  }
  const root = await rootFrom(leaf, BigInt(proof.leafIndex), BigInt(proof.checkpoint.treeSize), proof.path.map(fromHex));
  add("path", root !== null && toHex(root) === proof.checkpoint.rootHash, root ? toHex(root) : "");
  add("note", noteSays(proof.checkpoint), proof.checkpoint.rootHash);
  add("signature", await isSigned(proof.checkpoint), proof.checkpoint.verifierKey);
  return steps;
}

/** Whether all of it holds: what this browser cannot tell does not count against it. */
export const isRight = (steps: readonly Step[]): boolean => steps.every((step) => step.holds !== false);
