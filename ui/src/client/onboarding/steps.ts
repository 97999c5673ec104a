/** The steps of the application, and which of its fields stand in which. */
import type { Kind } from "./forms.ts";

export const STEPS: Record<Kind, readonly string[]> = {
  person: ["who", "contact", "document", "taxes", "money", "documents", "review"],
  company: ["company", "contact", "structure", "taxes", "money", "documents", "review"],
};

/** The step in which a field is typed. */
export function stepOf(kind: Kind, field: string): string {
  const [first = ""] = field.split(".");
  if (first === "documents") return "documents";
  if (["address", "phone", "email"].includes(first)) return "contact";
  if (["taxResidences", "certifiesTaxes"].includes(first)) return "taxes";
  if (["occupation", "business", "sourceOfFunds", "purpose"].includes(first)) return "money";
  if (kind === "person") return first === "document" ? "document" : "who";
  return ["parties", "shares", "directors", "controllers", "signatory"].includes(first) ? "structure" : "company";
}
