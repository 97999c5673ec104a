/** A WebSocket that comes back: with back-off, and with a heartbeat that tells a dead connection from a quiet one. */

export type LinkState = "connecting" | "live" | "stale";

/** What of a WebSocket is used; tests put another in its place. */
export interface Wire {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: (() => void) | null;
}

export interface Surroundings {
  open: (url: string) => Wire;
  nowMs: () => number;
  /** Between 0 and 1: so that not all come back at one moment. */
  chance: () => number;
}

export const REAL: Surroundings = {
  open: (url) => new WebSocket(url) as unknown as Wire,
  nowMs: () => performance.now(),
  chance: Math.random,
};

const PING_MS = 2_000;
const SILENT_MS = 5_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;

export interface Ears {
  opened: () => void;
  heard: (message: { type: string }) => void;
  changed: () => void;
}

export class Link {
  state: LinkState = "connecting";
  /** Of the last ping, there and back; null before the first answer. */
  latencyMs: number | null = null;
  #wire: Wire | null = null;
  #opened = false;
  #heardMs = 0;
  #pingedMs: number | null = null;
  #tries = 0;
  #isEnded = false;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #beat: ReturnType<typeof setInterval> | null = null;
  readonly #address: () => Promise<string>;
  readonly #ears: Ears;
  readonly #around: Surroundings;

  /** `address` is asked anew for each connection: a listen key may have ended. */
  constructor(address: () => Promise<string>, ears: Ears, around: Surroundings = REAL) {
    this.#address = address;
    this.#ears = ears;
    this.#around = around;
    this.#heardMs = around.nowMs();
    this.#beat = setInterval(() => this.#look(), PING_MS / 2);
    void this.#connect();
  }

  /** Milliseconds since anything was heard. */
  get ageMs(): number {
    return Math.max(0, Math.round(this.#around.nowMs() - this.#heardMs));
  }

  send(message: object): void {
    if (this.#opened) this.#wire?.send(JSON.stringify(message));
  }

  end(): void {
    this.#isEnded = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#beat !== null) clearInterval(this.#beat);
    this.#drop();
  }

  /** Tries at once, as when the network is back. */
  hurry(): void {
    if (this.#isEnded || this.#wire !== null) return;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#tries = 0;
    void this.#connect();
  }

  async #connect(): Promise<void> {
    let address: string;
    try {
      address = await this.#address();
    } catch {
      this.#lost();
      return;
    }
    if (this.#isEnded) return;
    const wire = this.#around.open(address);
    this.#wire = wire;
    wire.onopen = () => {
      this.#opened = true;
      this.#heardMs = this.#around.nowMs();
      this.#pingedMs = null;
      this.#ears.opened();
      this.#ping();
    };
    wire.onmessage = (event) => this.#hear(event.data);
    wire.onclose = () => {
      if (this.#wire === wire) this.#lost();
    };
    wire.onerror = null;
  }

  #hear(data: unknown): void {
    this.#heardMs = this.#around.nowMs();
    this.#tries = 0;
    const message = JSON.parse(String(data)) as { type: string };
    if (message.type === "pong" && this.#pingedMs !== null) {
      this.latencyMs = Math.round(this.#heardMs - this.#pingedMs);
      this.#pingedMs = null;
      this.#change("live", true);
      return;
    }
    this.#change("live");
    this.#ears.heard(message);
  }

  #ping(): void {
    this.#pingedMs = this.#around.nowMs();
    this.send({ op: "ping" });
  }

  #look(): void {
    if (!this.#opened) {
      if (this.state === "stale") this.#ears.changed(); // its age grows
      return;
    }
    if (this.ageMs >= SILENT_MS) {
      this.#drop();
      this.#lost();
    } else if (this.#pingedMs === null) this.#ping();
  }

  #drop(): void {
    const wire = this.#wire;
    this.#wire = null;
    this.#opened = false;
    if (wire) {
      wire.onopen = wire.onmessage = wire.onclose = null;
      wire.close();
    }
  }

  #lost(): void {
    this.#wire = null;
    this.#opened = false;
    this.#change("stale", true);
    if (this.#isEnded) return;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#tries) * (0.5 + this.#around.chance() / 2);
    this.#tries += 1;
    this.#retry = setTimeout(() => void this.#connect(), wait);
  }

  #change(state: LinkState, always = false): void {
    if (this.state === state && !always) return;
    this.state = state;
    this.#ears.changed();
  }
}

/** The address of a stream of the venue that served this page. */
export function streamAddress(path: string): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
}
