/** The idempotency key of one intent: the same one while it is tried again, another once it is known what became of it. */
import { newIdempotencyKey } from "../api/client.ts";
import { Refusal } from "../api/refusal.ts";

export class IntentKey {
  #intent = "";
  #key = "";

  /** Does what is intended with the key that belongs to it. */
  async during<T>(intent: object, act: (key: string) => Promise<T>): Promise<T> {
    const text = JSON.stringify(intent);
    if (this.#intent !== text) [this.#intent, this.#key] = [text, newIdempotencyKey()];
    try {
      const done = await act(this.#key);
      this.#intent = "";
      return done;
    } catch (error) {
      if (error instanceof Refusal && !error.isOutcomeUnknown) this.#intent = "";
      throw error;
    }
  }
}
