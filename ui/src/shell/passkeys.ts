/** Passkeys: the browser's own forms of options and answers (W3C Web Authentication Level 3). */
import { ask, type JsonOf } from "../api/client.ts";
import { begun } from "../api/session.svelte.ts";

interface Parsing {
  parseRequestOptionsFromJSON(options: unknown): PublicKeyCredentialRequestOptions;
  parseCreationOptionsFromJSON(options: unknown): PublicKeyCredentialCreationOptions;
}

const parsing = (): Parsing => PublicKeyCredential as unknown as Parsing;

/** What a device gives, as the venue takes it. */
type Passkey = JsonOf<"/lionrock/v1/sessions/passkey", "post">["credential"];

export const arePossible = typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;

/** The device's answer to a challenge, as the venue takes it. Null when its owner turned away. */
export async function answer(options: unknown): Promise<Passkey | null> {
  return asJson(() => navigator.credentials.get({ publicKey: parsing().parseRequestOptionsFromJSON(options) }));
}

/** A new passkey, as the venue takes it. Null when its owner turned away. */
export async function make(options: unknown): Promise<Passkey | null> {
  return asJson(() => navigator.credentials.create({ publicKey: parsing().parseCreationOptionsFromJSON(options) }));
}

/** Signs in by a passkey; false when its owner turned away. */
export async function signIn(of: "client" | "staff"): Promise<boolean> {
  const isStaff = of === "staff";
  const options = await ask("post", isStaff ? "/lionrock/v1/staff/sessions/passkeyOptions" : "/lionrock/v1/sessions/passkeyOptions");
  const credential = await answer(options);
  if (credential === null) return false;
  const json = { credential };
  await ask("post", isStaff ? "/lionrock/v1/staff/sessions/passkey" : "/lionrock/v1/sessions/passkey", { json });
  await begun(of);
  return true;
}

async function asJson(ask: () => Promise<Credential | null>): Promise<Passkey | null> {
  try {
    const found = (await ask()) as PublicKeyCredential | null;
    return found ? (found.toJSON() as unknown as Passkey) : null;
  } catch (error) {
    if (error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError")) return null;
    throw error;
  }
}
