/** The rules behind a figure: what an answer cites by id, with the words that the venue publishes of each. */
import { ask, type AnswerOf } from "../../api/client.ts";
import { Refusal } from "../../api/refusal.ts";
import type { RuleShown } from "../../why/why.svelte.ts";

export interface Cited {
  id: string;
  citation: string;
}
type Published = AnswerOf<"/lionrock/v1/rules", "get">;
let published: Promise<Published> | null = null;

/** With their words. A rule that the venue does not publish, or cannot just now, stands with its citation alone. */
export async function withWords(cited: readonly Cited[]): Promise<RuleShown[]> {
  published ??= ask("get", "/lionrock/v1/rules");
  let rows: Published = [];
  try {
    rows = await published;
  } catch (error) {
    published = null;
    if (!(error instanceof Refusal)) throw error;
  }
  return cited.map(({ id, citation }) => ({ id, source: citation, words: rows.find((row) => row.id === id)?.words ?? citation }));
}
