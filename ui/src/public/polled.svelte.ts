/** What is read again and again while somebody looks: the last answer stays when the next one does not come. */
import { Refusal } from "../api/refusal.ts";

export class Polled<T> {
  value: T | null = $state(null);
  /** Why the last try gave nothing. */
  refusal: Refusal | null = $state(null);
  /** When `value` came, in milliseconds of this device. */
  readAtMs = $state(0);
  /** For ages on the page; moves with every try. */
  nowMs = $state(Date.now());
  readonly #read: () => Promise<T>;

  /** Reads at once and every `everyMs`, as long as the component that makes it is there and the page is seen. */
  constructor(read: () => Promise<T>, everyMs: number) {
    this.#read = read;
    $effect(() => {
      void this.again();
      const timer = setInterval(() => document.visibilityState === "visible" && void this.again(), everyMs);
      return () => clearInterval(timer);
    });
  }

  async again(): Promise<void> {
    try {
      this.value = await this.#read();
      this.readAtMs = Date.now();
      this.refusal = null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refusal = error;
    }
    this.nowMs = Date.now();
  }
}
