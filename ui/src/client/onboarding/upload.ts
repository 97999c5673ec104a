/** A document of an application goes up. */
import { ask, type AnswerOf, type JsonOf } from "../../api/client.ts";
import { patiently, printable, sendParts } from "../../api/upload.ts";

export type Document = AnswerOf<"/lionrock/v1/onboarding/documents", "get">[number];
type Kind = JsonOf<"/lionrock/v1/onboarding/documents", "post">["kind"];

export const KINDS = ["identity", "address", "funds", "registration", "constitution", "ownership", "authority", "other"] as const;

/** Sends it; `told` hears how many bytes have come. Goes on with `begun` where that was broken off. Raises `Refusal`. */
export async function upload(file: File, kind: string, party: string, begun: Document | null, told: (bytes: number) => void): Promise<void> {
  const json = { kind: kind as Kind, sizeBytes: file.size, ...(printable(file.name) ? { name: printable(file.name) } : {}), ...(party ? { party } : {}) };
  const document = begun ?? (await ask("post", "/lionrock/v1/onboarding/documents", { json }));
  const { documentId } = document;
  await sendParts(file, document, (part, content) => ask("put", "/lionrock/v1/onboarding/documents/parts", { json: { documentId, part, content } }), told);
  await patiently(() => ask("post", "/lionrock/v1/onboarding/documents/finish", { json: { documentId } }));
}
