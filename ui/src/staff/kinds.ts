/** Where the words of the venue's codes are: those of one room come with its pages, all others are in `staff`. */
import type { Part } from "../words/words.svelte.ts";

const OF_ROOMS: Readonly<Partial<Record<Part, readonly string[]>>> = {
  staff_proposals: ["field", "state_words", "verdict_of"],
  staff_clients: ["check", "client_kind", "client_state", "document", "document_state", "effect", "fact", "gate", "level", "likeness", "rated_by", "step"],
  staff_rulebook: ["cadence", "rule_kind", "severity", "status", "trust"],
  staff_markets: ["seat", "short"],
  staff_house: ["channel", "delivery", "record_field", "record_state", "register", "return", "return_state", "subject"],
};
const PARTS: ReadonlyMap<string, string> = new Map(Object.entries(OF_ROOMS).flatMap(([part, kinds]) => kinds.map((kind) => [kind, part] as const)));

/** The part with the words of a kind of code, such as `register`. */
export const partOf = (kind: string): string => PARTS.get(kind) ?? "staff";
