/** The renderer of the venue's own texts: what it knows, and that nothing becomes an address which it should not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks, spans } from "../src/public/markdown.ts";

test("headings, paragraphs, lists, code and tables become data", () => {
  const found = blocks("# A title\n\nOne line\nand another.\n\n- first\n  goes on\n- second\n\n```sh\n# no heading\n```\n\n| a | b |\n|---|---|\n| 1 | `2` |\n");
  assert.deepEqual(found.map((block) => block.kind), ["heading", "paragraph", "list", "code", "table"]);
  assert.deepEqual(found[0], { kind: "heading", level: 1, id: "a-title", spans: [{ kind: "text", text: "A title" }] });
  assert.deepEqual(found[1], { kind: "paragraph", spans: [{ kind: "text", text: "One line and another." }] });
  assert.deepEqual(found[2], { kind: "list", items: [[{ kind: "text", text: "first goes on" }], [{ kind: "text", text: "second" }]] });
  assert.deepEqual(found[3], { kind: "code", text: "# no heading" });
  assert.deepEqual(found[4], {
    kind: "table",
    head: [[{ kind: "text", text: "a" }], [{ kind: "text", text: "b" }]],
    rows: [[[{ kind: "text", text: "1" }], [{ kind: "code", text: "2" }]]],
  });
});

test("markup of others stays text", () => {
  assert.deepEqual(spans("<img src=x onerror=alert(1)>"), [{ kind: "text", text: "<img src=x onerror=alert(1)>" }]);
});

test("only https, this site and this page are addresses", () => {
  for (const address of ["https://example.com/", "/rules", "#fees"]) assert.deepEqual(spans(`[x](${address})`), [{ kind: "link", text: "x", address }]);
  for (const address of ["javascript:alert", "data:text/html,x", "http://example.com", "//example.com", "vbscript:x"]) {
    assert.deepEqual(spans(`[x](${address})`), [{ kind: "text", text: "x" }]);
  }
});
