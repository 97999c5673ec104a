/** What a form sends: once, however often it is pressed. What was typed stays where it is whatever the answer. */
import { newIdempotencyKey } from "../../api/client.ts";
import { Refusal } from "../../api/refusal.ts";
import { t } from "../../words/words.svelte.ts";

export class Sending {
  isBusy = $state(false);
  isDone = $state(false);
  refusal: Refusal | null = $state(null);
  #key = "";
  #asked = "";

  /** Sends `what`; true when it was done. The same thing tried again after no answer came has the same key, so it is done once. */
  async run(what: unknown, send: (idempotencyKey: string) => Promise<unknown>): Promise<boolean> {
    if (this.isBusy) return false;
    [this.isBusy, this.isDone, this.refusal] = [true, false, null];
    const asked = JSON.stringify(what) ?? "";
    if (this.#key === "" || asked !== this.#asked) [this.#key, this.#asked] = [newIdempotencyKey(), asked];
    try {
      await send(this.#key);
      this.#key = "";
      this.isDone = true;
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!error.isOutcomeUnknown) this.#key = "";
      this.refusal = error;
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  /** What the venue says of this field; empty when it says nothing of it. */
  at(field: string): string {
    return this.refusal?.code === "0001" && this.refusal.message.includes(` ${field} `) ? t("client.field_invalid") : "";
  }
}

/** Whether a text has signs that cannot be seen, such as those that turn the direction of writing. A line break is none. */
export function hidesSigns(text: string): boolean {
  return /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u.test(text.replaceAll("\n", " "));
}

/** What is wrong with a text before anybody is asked: too long, or with hidden signs. */
export function unfit(text: string, most: number): string {
  if (text.length > most) return t("client.too_long", { most, length: text.length });
  return hidesSigns(text) ? t("client.hidden_signs") : "";
}
