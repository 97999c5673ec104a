/**
 * Checks of the signed record, with nothing but WebCrypto: hashes of the tree by RFC 6962 and 9162, notes signed with Ed25519
 * (C2SP signed-note and tlog-checkpoint). Nothing here asks the venue; all of it may be read in a few minutes.
 */

export interface Checkpoint {
  origin: string;
  /** Frames that it covers. */
  size: bigint;
  root: Uint8Array<ArrayBuffer>;
}

/** Why a text is no checkpoint that one may rely on. */
export type Fault = "malformed" | "other_key" | "bad_signature" | "no_ed25519";

export class CheckpointFault extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault);
    this.name = "CheckpointFault";
    this.fault = fault;
  }
}

const ED25519 = 0x01;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new CheckpointFault("malformed");
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    throw new CheckpointFault("malformed");
  }
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

export async function sha256(...parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    joined.set(part, place);
    place += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined));
}

export const leafHash = (content: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> => sha256(Uint8Array.of(0), content);
export const nodeHash = (left: Uint8Array<ArrayBuffer>, right: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> =>
  sha256(Uint8Array.of(1), left, right);

/** The root that `path` leads to from a leaf (RFC 9162, section 2.1.3.2); null for a path of another length. */
export async function rootFrom(
  leaf: Uint8Array<ArrayBuffer>,
  index: bigint,
  size: bigint,
  path: readonly Uint8Array<ArrayBuffer>[],
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (index < 0n || index >= size) return null;
  let [first, last, found] = [index, size - 1n, leaf];
  for (const sibling of path) {
    if (last === 0n) return null;
    if (first & 1n || first === last) {
      found = await nodeHash(sibling, found);
      while (first && !(first & 1n)) [first, last] = [first >> 1n, last >> 1n];
    } else {
      found = await nodeHash(found, sibling);
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  return last === 0n ? found : null;
}

/** Whether the tree of `newer` begins with the whole tree of `older` (RFC 9162, section 2.1.4.2). */
export async function grewFrom(
  older: { size: bigint; root: Uint8Array<ArrayBuffer> },
  newer: { size: bigint; root: Uint8Array<ArrayBuffer> },
  path: readonly Uint8Array<ArrayBuffer>[],
): Promise<boolean> {
  if (older.size < 1n || older.size > newer.size) return false;
  if (older.size === newer.size) return path.length === 0 && isSame(older.root, newer.root);
  const isFull = (older.size & (older.size - 1n)) === 0n;
  const [start, ...others] = isFull ? [older.root, ...path] : path;
  if (!start) return false;
  let [first, last, oldFound, found] = [older.size - 1n, newer.size - 1n, start, start];
  while (first & 1n) [first, last] = [first >> 1n, last >> 1n];
  for (const sibling of others) {
    if (last === 0n) return false;
    if (first & 1n || first === last) {
      oldFound = await nodeHash(sibling, oldFound);
      found = await nodeHash(sibling, found);
      while (first && !(first & 1n)) [first, last] = [first >> 1n, last >> 1n];
    } else {
      found = await nodeHash(found, sibling);
    }
    [first, last] = [first >> 1n, last >> 1n];
  }
  return last === 0n && isSame(oldFound, older.root) && isSame(found, newer.root);
}

/** `name+hash+base64(0x01 || key)`, as signed-note writes an Ed25519 key. */
export interface VerifierKey {
  name: string;
  /** The first four bytes of a signature, which name the key. */
  hash: Uint8Array<ArrayBuffer>;
  key: Uint8Array<ArrayBuffer>;
}

/** Reads a verifier key and looks whether its hash is that of its name and key. Raises CheckpointFault("malformed"). */
export async function readVerifierKey(text: string): Promise<VerifierKey> {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  if (!found) throw new CheckpointFault("malformed");
  const [, name = "", digits = "", encoded = ""] = found;
  const typed = fromBase64(encoded);
  if (typed.length !== KEY_BYTES + 1 || typed[0] !== ED25519) throw new CheckpointFault("malformed");
  const hash = fromHex(digits);
  const whole = await sha256(new TextEncoder().encode(`${name}\n`), typed);
  if (!isSame(whole.slice(0, 4), hash)) throw new CheckpointFault("malformed");
  return { name, hash, key: typed.slice(1) };
}

/** What a note says, whoever signed it. Raises CheckpointFault("malformed"). */
export function readUnsigned(note: string): Checkpoint {
  const [origin = "", size = "", root = ""] = halves(note)[0].split("\n");
  if (!origin || !/^(0|[1-9]\d*)$/.test(size)) throw new CheckpointFault("malformed");
  return { origin, size: BigInt(size), root: fromBase64(root) };
}

/** What is signed, and the lines of signatures. */
function halves(note: string): [string, string] {
  const end = note.lastIndexOf("\n\n");
  if (end < 0) throw new CheckpointFault("malformed");
  return [note.slice(0, end + 1), note.slice(end + 2)];
}

/** What a checkpoint says, when this key signed it. Raises CheckpointFault. */
export async function readCheckpoint(note: string, signer: VerifierKey): Promise<Checkpoint> {
  const [text, signatures] = halves(note);
  const line = signatures.split("\n").map((each) => /^\u2014 (\S+) (\S+)$/.exec(each)).find((each) => each?.[1] === signer.name);
  if (!line) throw new CheckpointFault("other_key");
  const signature = fromBase64(line[2] ?? "");
  if (!isSame(signature.slice(0, 4), signer.hash)) throw new CheckpointFault("other_key");
  if (signature.length !== 4 + SIGNATURE_BYTES) throw new CheckpointFault("malformed");
  if (!(await isSigned(text, signature.slice(4), signer.key))) throw new CheckpointFault("bad_signature");
  return readUnsigned(note);
}

async function isSigned(text: string, signature: Uint8Array<ArrayBuffer>, raw: Uint8Array<ArrayBuffer>): Promise<boolean> {
  let key: CryptoKey;
  try {
    key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new CheckpointFault("no_ed25519");
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, new TextEncoder().encode(text));
}
