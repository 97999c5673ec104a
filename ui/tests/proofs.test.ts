/**
 * The arithmetic of proofs, by the tree of RFC 6962's reference implementation (certificate-transparency-go, merkle tests: eight leaves,
 * their roots, audit paths and consistency proofs), and checkpoints as C2SP signed-note has them.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CheckpointFault, fromHex, grewFrom, isSame, leafHash, nodeHash, readCheckpoint, readVerifierKey, rootFrom, toHex } from "../src/record/proofs.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"].map(fromHex);
/** Of the trees of the first one to eight leaves. */
const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
/** Index from 0, size, path. */
const PATHS: [number, number, string[]][] = [
  [0, 1, []],
  [0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]],
  [5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]],
  [2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]],
  [1, 5, ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]],
];
/** Old size, new size, path. */
const GROWTHS: [number, number, string[]][] = [
  [1, 1, []],
  [1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]],
  [6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]],
  [2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]],
];

const root = (size: number): Bytes => fromHex(ROOTS[size - 1] ?? "");
const tree = (size: number): { size: bigint; root: Bytes } => ({ size: BigInt(size), root: root(size) });

async function rootOf(leaves: Bytes[]): Promise<Bytes> {
  if (leaves.length === 1 && leaves[0]) return leafHash(leaves[0]);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(await rootOf(leaves.slice(0, split)), await rootOf(leaves.slice(split)));
}

test("hashes of leaves and nodes give the roots of RFC 6962", async () => {
  for (const [at, wanted] of ROOTS.entries()) assert.equal(toHex(await rootOf(LEAVES.slice(0, at + 1))), wanted);
});

test("an audit path leads from a leaf to the root, and no other does", async () => {
  for (const [index, size, path] of PATHS) {
    const leaf = await leafHash(LEAVES[index] as Bytes);
    const steps = path.map(fromHex);
    const found = await rootFrom(leaf, BigInt(index), BigInt(size), steps);
    assert.ok(found && isSame(found, root(size)), `${index} of ${size}`);
    assert.equal(await rootFrom(leaf, BigInt(size), BigInt(size), steps), null);
    assert.equal(await rootFrom(leaf, BigInt(index), BigInt(size), [...steps, root(1), root(2)]), null);
    for (const [at, step] of steps.entries()) {
      const changed = steps.with(at, step.with(7, (step[7] ?? 0) ^ 1) as Bytes);
      const other = await rootFrom(leaf, BigInt(index), BigInt(size), changed);
      assert.ok(!other || !isSame(other, root(size)));
      const shorter = await rootFrom(leaf, BigInt(index), BigInt(size), steps.toSpliced(at, 1));
      assert.ok(!shorter || !isSame(shorter, root(size)));
    }
  }
});

test("a consistency proof shows growth, and any changed byte of it or of a root is found out", async () => {
  for (const [old, size, path] of GROWTHS) {
    const steps = path.map(fromHex);
    assert.equal(await grewFrom(tree(old), tree(size), steps), true, `${old} to ${size}`);
    assert.equal(await grewFrom(tree(old), tree(size), [...steps, root(1)]), false);
    for (const [at, step] of steps.entries()) {
      assert.equal(await grewFrom(tree(old), tree(size), steps.with(at, step.with(31, (step[31] ?? 0) ^ 128) as Bytes)), false);
      assert.equal(await grewFrom(tree(old), tree(size), steps.toSpliced(at, 1)), false);
    }
    for (const place of [0, 31]) {
      const bent = (which: number): Bytes => root(which).with(place, (root(which)[place] ?? 0) ^ 1) as Bytes;
      assert.equal(await grewFrom({ size: BigInt(old), root: bent(old) }, tree(size), steps), false);
      assert.equal(await grewFrom(tree(old), { size: BigInt(size), root: bent(size) }, steps), false);
    }
  }
});

test("a tree does not grow from nothing, nor backwards", async () => {
  assert.equal(await grewFrom({ size: 0n, root: root(1) }, tree(3), []), false);
  assert.equal(await grewFrom(tree(8), tree(6), []), false);
  assert.equal(await grewFrom(tree(3), tree(7), []), false);
});

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** A signer of its own: its verifier key and how it signs a text. */
async function signer(name: string): Promise<{ key: string; sign: (text: string) => Promise<string> }> {
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"])) as CryptoKeyPair;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const typed = Uint8Array.of(1, ...raw);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.of(...new TextEncoder().encode(`${name}\n`), ...typed))).slice(0, 4);
  const sign = async (text: string): Promise<string> => {
    const signature = new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, pair.privateKey, new TextEncoder().encode(text)));
    return `${text}\n\u2014 ${name} ${base64(Uint8Array.of(...hash, ...signature))}\n`;
  };
  return { key: `${name}+${toHex(hash)}+${base64(typed)}`, sign };
}

const TEXT = `lionrock/abc\n8\n${base64(fromHex(ROOTS[7] ?? ""))}\n`;
const isFault = (fault: string) => (error: unknown) => error instanceof CheckpointFault && error.fault === fault;

test("a signed checkpoint says what it says", async () => {
  const venue = await signer("venue/journal");
  const read = await readCheckpoint(await venue.sign(TEXT), await readVerifierKey(venue.key));
  assert.deepEqual([read.origin, read.size, toHex(read.root)], ["lionrock/abc", 8n, ROOTS[7]]);
});

test("any changed byte of a signed checkpoint is found out", async () => {
  const venue = await signer("venue/journal");
  const key = await readVerifierKey(venue.key);
  const note = await venue.sign(TEXT);
  for (const at of note.split("").keys()) {
    const other = note.charCodeAt(at) === 0x41 ? "B" : "A";
    const bent = note.slice(0, at) + other + note.slice(at + 1);
    // The last letter before the padding of base64 holds bits that nothing reads.
    if (at >= note.length - 4) continue;
    await assert.rejects(readCheckpoint(bent, key), CheckpointFault, `byte ${at}`);
  }
});

test("another key, and a key whose hash is not its own, are found out", async () => {
  const [venue, other] = [await signer("venue/journal"), await signer("venue/journal")];
  await assert.rejects(readCheckpoint(await other.sign(TEXT), await readVerifierKey(venue.key)), isFault("other_key"));
  await assert.rejects(readVerifierKey(venue.key.replace(/\+[0-9a-f]{8}\+/, "+00000000+")), isFault("malformed"));
  for (const text of ["", "no key", `${venue.key}x`, "a+00000000+AA=="]) await assert.rejects(readVerifierKey(text), isFault("malformed"));
});
