/** Trees of every size up to 65 leaves, each leaf proved; an entry of a log proved step by step, and each part of its proof changed. */
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { leafHash, nodeHash, rootFrom, sha256, toHex } from "../src/record/proofs.ts";
import { check, isRight, type EntryProof } from "../src/why/entry.ts";

type Hash = Uint8Array<ArrayBuffer>;
const bytes = (text: string): Hash => Uint8Array.from(new TextEncoder().encode(text));

/** RFC 9162, section 2.1.1 and 2.1.3.1, straight from their definitions. */
async function rootOf(leaves: Hash[]): Promise<Hash> {
  if (leaves.length === 1) return leaves[0]!;
  const split = largestPowerBelow(leaves.length);
  return nodeHash(await rootOf(leaves.slice(0, split)), await rootOf(leaves.slice(split)));
}

async function pathOf(index: number, leaves: Hash[]): Promise<Hash[]> {
  if (leaves.length === 1) return [];
  const split = largestPowerBelow(leaves.length);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split ? [...(await pathOf(index, left)), await rootOf(right)] : [...(await pathOf(index - split, right)), await rootOf(left)];
}

function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

test("every leaf of every tree is led to its root, and by no other path", async () => {
  for (let size = 1; size <= 65; size += 1) {
    const leaves = await Promise.all(Array.from({ length: size }, (_, at) => leafHash(bytes(`frame ${at}`))));
    const root = await rootOf(leaves);
    for (const [index, leaf] of leaves.entries()) {
      const path = await pathOf(index, leaves);
      assert.deepEqual(await rootFrom(leaf, BigInt(index), BigInt(size), path), root);
      assert.equal(await rootFrom(leaf, BigInt(size), BigInt(size), path), null);
      assert.notDeepEqual(await rootFrom(leaf, BigInt(index), BigInt(size), [...path, leaf]), root);
      if (path.length) assert.notDeepEqual(await rootFrom(leaf, BigInt(index), BigInt(size), path.slice(1)), root);
    }
  }
});

async function signedProof(): Promise<{ proof: EntryProof; entry: { canonical: string; digest: string } }> {
  const canonical = '{"entry":1,"event":"proposed"}';
  const digest = await sha256(bytes(canonical));
  const frame = Uint8Array.from(Buffer.concat([bytes("header"), digest, bytes("rest")]));
  const frameHash = await sha256(frame);
  const leaves = [await leafHash(bytes("another")), await leafHash(frameHash), await leafHash(bytes("third"))];
  const root = await rootOf(leaves);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const text = `lionrock/abc\n3\n${Buffer.from(root).toString("base64")}\n`;
  const typed = Uint8Array.of(1, ...publicKey.export({ format: "der", type: "spki" }).subarray(-32));
  const keyHash = (await sha256(bytes("venue\n"), typed)).slice(0, 4);
  const signature = Buffer.concat([keyHash, sign(null, Buffer.from(text), privateKey)]).toString("base64");
  const proof = {
    sequence: "7", leafHash: toHex(leaves[1]!), leafIndex: "1", path: (await pathOf(1, leaves)).map(toHex), firstSequence: "7", lastSequence: "7",
    frame: Buffer.from(frame).toString("base64"), frameHash: toHex(frameHash),
    checkpoint: {
      note: `${text}\n— venue ${signature}\n`, treeSize: "3", rootHash: toHex(root), origin: "lionrock/abc",
      verifierKey: `venue+${toHex(keyHash)}+${Buffer.from(typed).toString("base64")}`,
    },
  };
  return { proof, entry: { canonical, digest: toHex(digest) } };
}

test("a whole proof holds, and names each step", async () => {
  const { proof, entry } = await signedProof();
  const steps = await check(proof, entry);
  assert.deepEqual(steps.map((step) => [step.name, step.holds]), ["digest", "carried", "frame", "leaf", "path", "note", "signature"].map((name) => [name, true]));
  const { frame: _, frameHash: __, ...ofClient } = proof;
  assert.deepEqual((await check(ofClient)).map((step) => step.name), ["path", "note", "signature"]);
});

test("whatever is changed is found out, in the step that it belongs to", async () => {
  const { proof, entry } = await signedProof();
  const bad = async (changed: Partial<EntryProof>, told = entry): Promise<string[]> =>
    (await check({ ...proof, ...changed }, told)).filter((step) => step.holds === false).map((step) => step.name);
  const frame = Buffer.from(proof.frame ?? "", "base64");
  frame[0] = (frame[0] ?? 0) ^ 1;
  assert.deepEqual(await bad({ frame: frame.toString("base64") }), ["frame", "leaf", "path"]);
  assert.deepEqual(await bad({}, { ...entry, canonical: entry.canonical.replace("1", "2") }), ["digest", "carried"]);
  assert.deepEqual(await bad({ leafIndex: "0" }), ["path"]);
  assert.deepEqual(await bad({ path: [...proof.path].reverse() }), ["path"]);
  const other = { ...proof.checkpoint, rootHash: "00".repeat(32) };
  assert.deepEqual(await bad({ checkpoint: other }), ["path", "note"]);
  assert.deepEqual(await bad({ checkpoint: { ...proof.checkpoint, note: proof.checkpoint.note.replace("\n3\n", "\n4\n") } }), ["note", "signature"]);
  const otherKey = await signedProof();
  assert.deepEqual(await bad({ checkpoint: { ...proof.checkpoint, verifierKey: otherKey.proof.checkpoint.verifierKey } }), ["signature"]);
  assert.equal(isRight(await check(proof, entry)), true);
});
