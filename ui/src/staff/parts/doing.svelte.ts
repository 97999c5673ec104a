/** One thing that the reader asks for: a refusal stays on the page with what was typed, and a repetition does it once. */
import { newIdempotencyKey } from "../../api/client.ts";
import { Refusal } from "../../api/refusal.ts";

export class Doing {
  refusal: Refusal | null = $state(null);
  isBusy = $state(false);
  #key = newIdempotencyKey();

  /** Whether it was done. `act` is given the key of this intent, which changes once it is done or refused. */
  async run(act: (key: string) => Promise<unknown>): Promise<boolean> {
    if (this.isBusy) return false;
    [this.refusal, this.isBusy] = [null, true];
    try {
      await act(this.#key);
      this.#key = newIdempotencyKey();
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!error.isOutcomeUnknown) this.#key = newIdempotencyKey();
      this.refusal = error;
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
