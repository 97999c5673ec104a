/** The drawing of QR codes, against codes that an independent program (the Python package qrcode 8) drew of the same texts. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { qrCode, qrPath } from "../src/client/parts/qr.ts";

const drawn = (text: string, mask: number): string =>
  createHash("sha256").update(qrCode(text, mask).map((row) => row.map((dark) => (dark ? "1" : "0")).join("")).join("\n")).digest("hex");

const KNOWN: [text: string, mask: number, modules: number, sha256: string][] = [
  ["bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", 1, 29, "00f010a9e498798c015b2f9340c76f3c03dd53f37f362130ba7141ea146895da"],
  ["otpauth://totp/Lionrock:ann%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Lionrock", 4, 41, "fd90cca7e974097b933a3182d74ea4e2d137e0e4c0978569140e74b7d3044099"],
  ["x".repeat(213), 7, 57, "a67e7f68b8b6bc320b8fcb481cf5598d2e51137724429b5cde01ed7b7efbaf63"],
  ["x".repeat(480), 2, 85, "4d1c2295e799e8023c98d0a208e5479255418257d7c92dffb21a122c69bfe7d0"],
];

for (const [text, mask, modules, sha256] of KNOWN) {
  test(`a text of ${text.length} characters is drawn as another program draws it`, () => {
    assert.equal(qrCode(text).length, modules);
    assert.equal(drawn(text, mask), sha256);
  });
}

test("a text that is too long is refused", () => {
  assert.throws(() => qrCode("x".repeat(700)), RangeError);
});

test("the path has a quiet zone of four modules on every side", () => {
  const { path, width } = qrPath("a");
  assert.equal(width, 21 + 8);
  assert.ok(path.startsWith("M4 4h1v1h-1z"));
});
