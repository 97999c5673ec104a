/** As much of Markdown as the venue's own texts use, as data: no text of it ever becomes markup. */

export interface Span {
  kind: "text" | "strong" | "emphasis" | "code" | "link";
  text: string;
  address?: string;
}

export type Block =
  | { kind: "heading"; level: number; id: string; spans: Span[] }
  | { kind: "paragraph"; spans: Span[] }
  | { kind: "list"; items: Span[][] }
  | { kind: "code"; text: string }
  | { kind: "table"; head: Span[][]; rows: Span[][][] };

const HEADING = /^(#{1,4}) (.*)$/;
const ITEM = /^[-*] (.*)$/;
const SPAN = /\*\*([^*]+)\*\*|\*([^*]+)\*|`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)/g;

export function spans(text: string): Span[] {
  const found: Span[] = [];
  let from = 0;
  const plain = (to: number): void => void (to > from && found.push({ kind: "text", text: text.slice(from, to) }));
  for (const match of text.matchAll(SPAN)) {
    plain(match.index);
    const [whole, strong, emphasis, code, words, address = ""] = match;
    if (strong !== undefined) found.push({ kind: "strong", text: strong });
    else if (emphasis !== undefined) found.push({ kind: "emphasis", text: emphasis });
    else if (code !== undefined) found.push({ kind: "code", text: code });
    else if (words !== undefined && /^(https:\/\/|\/(?!\/)|#)/.test(address)) found.push({ kind: "link", text: words, address });
    else found.push({ kind: "text", text: words ?? whole });
    from = match.index + whole.length;
  }
  plain(text.length);
  return found;
}

function cells(line: string): Span[][] {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => spans(cell.trim()));
}

const slug = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");

export function blocks(markdown: string): Block[] {
  const lines = markdown.replace(/\r\n?/g, "\n").split("\n");
  const found: Block[] = [];
  let at = 0;
  const gather = (isPart: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && isPart(lines[at] ?? "")) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const heading = HEADING.exec(line);
    if (line.trim() === "") at += 1;
    else if (heading) {
      found.push({ kind: "heading", level: heading[1]?.length ?? 1, id: slug(heading[2] ?? ""), spans: spans(heading[2] ?? "") });
      at += 1;
    } else if (line.startsWith("```")) {
      at += 1;
      found.push({ kind: "code", text: gather((each) => !each.startsWith("```")).join("\n") });
      at += 1;
    } else if (line.startsWith("|")) {
      const [head = "", , ...rows] = gather((each) => each.startsWith("|"));
      found.push({ kind: "table", head: cells(head), rows: rows.map(cells) });
    } else if (ITEM.test(line)) {
      const items: string[] = [];
      for (const each of gather((part) => ITEM.test(part) || /^ {2,}\S/.test(part))) {
        const item = ITEM.exec(each);
        if (item) items.push(item[1] ?? "");
        else items.push(`${items.pop() ?? ""} ${each.trim()}`);
      }
      found.push({ kind: "list", items: items.map(spans) });
    } else {
      const text = gather((each) => each.trim() !== "" && !HEADING.test(each) && !each.startsWith("```") && !each.startsWith("|") && !ITEM.test(each));
      found.push({ kind: "paragraph", spans: spans(text.map((each) => each.trim()).join(" ")) });
    }
  }
  return found;
}
