/** Rows of the account's history, newest first, page by page; read again quietly when something happened. */
import { Refusal } from "../../api/refusal.ts";

interface Page<T> {
  nextCursor: string | null;
  hasMore: boolean;
  rows: T[];
}

/** Rows reach the history a moment after the command. */
const BEHIND_MS = 700;

export class Listing<T extends { id: string }> {
  rows: T[] = $state.raw([]);
  hasMore = $state(false);
  isKnown = $state(false);
  refusal: Refusal | null = $state.raw(null);
  #cursor: string | null = null;
  #again: ReturnType<typeof setTimeout> | null = null;
  readonly #read: (cursor: string | undefined) => Promise<Page<T>>;

  constructor(read: (cursor: string | undefined) => Promise<Page<T>>) {
    this.#read = read;
    void this.refresh();
  }

  /** The newest page again; older ones that were read stay. */
  async refresh(): Promise<void> {
    await this.#take(undefined, (page) => {
      const fresh = new Set(page.rows.map((row) => row.id));
      const older = this.rows.filter((row) => !fresh.has(row.id));
      if (!this.isKnown || older.length === 0) this.#cursor = page.nextCursor;
      if (!this.isKnown) this.hasMore = page.hasMore;
      this.rows = [...page.rows, ...older];
    });
  }

  async more(): Promise<void> {
    await this.#take(this.#cursor ?? undefined, (page) => {
      const known = new Set(this.rows.map((row) => row.id));
      this.#cursor = page.nextCursor;
      this.hasMore = page.hasMore;
      this.rows = [...this.rows, ...page.rows.filter((row) => !known.has(row.id))];
    });
  }

  soon(): void {
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.refresh(), BEHIND_MS);
  }

  end(): void {
    if (this.#again !== null) clearTimeout(this.#again);
  }

  async #take(cursor: string | undefined, put: (page: Page<T>) => void): Promise<void> {
    try {
      put(await this.#read(cursor));
      this.isKnown = true;
      this.refusal = null;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.refusal = error;
    }
  }
}
