/** A file that the reader chose: read and hashed here, before any of it is sent. */
import { sha256, toHex } from "../../record/proofs.ts";

export interface Picked {
  file: File;
  content: Uint8Array<ArrayBuffer>;
  /** Of the content, hex digits. */
  sha256: string;
}

export async function pick(file: File): Promise<Picked> {
  const content = new Uint8Array(await file.arrayBuffer());
  return { file, content, sha256: toHex(await sha256(content)) };
}
