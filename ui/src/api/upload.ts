/** A document goes up part by part; a part that got no answer is sent again, and what has come stays. */
import { Refusal } from "./refusal.ts";

/** As the venue answers when it is begun and after each part. */
export interface Begun {
  documentId: string;
  /** How many have come. */
  parts: number;
  /** How long every part is but the last. */
  partBytes: number;
}

export const MOST_BYTES = 10_000_000;
const TRIES = 5;
const MOST_NAME = 120;

/** Sends the parts that have not come yet; `told` hears how many bytes have. Raises `Refusal`. */
export async function sendParts(file: Blob, begun: Begun, send: (part: number, content: string) => Promise<unknown>, told: (bytes: number) => void): Promise<void> {
  const { partBytes } = begun;
  for (let part = begun.parts; part * partBytes < file.size; part++) {
    const bytes = new Uint8Array(await file.slice(part * partBytes, (part + 1) * partBytes).arrayBuffer());
    await patiently(() => send(part, base64(bytes)));
    told(Math.min((part + 1) * partBytes, file.size));
  }
}

/** Tries again what got no answer. */
export async function patiently<T>(send: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 0 || tried === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000 * tried));
    }
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += 8_192) text += String.fromCharCode(...bytes.subarray(from, from + 8_192));
  return btoa(text);
}

/** A file's name without signs that the venue does not keep. */
export function printable(name: string): string {
  return name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "").slice(0, MOST_NAME).trim();
}
