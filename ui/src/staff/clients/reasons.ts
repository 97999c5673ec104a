/** Why the staff takes a step or reads a document, as the venue lists them. */
import type { JsonOf } from "../../api/client.ts";

type Reason = JsonOf<"/lionrock/v1/staff/clients/documents/read", "post">["reasonCode"];

export const STAFF_REASONS = [
  "document_unclear", "document_expired", "data_differs", "structure_unclear", "information_needed", "identity_confirmed", "review_passed",
  "not_eligible", "client_request", "error", "risk", "review", "policy", "suspicion", "regulator_order", "court_order", "duplicate", "emergency",
  "incident", "market_integrity",
] as const satisfies readonly Reason[];
