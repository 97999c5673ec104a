/** A refusal is data: what, which figures, which rule, what next. */

export interface Figure {
  value: string;
  unit: string;
}

export interface RefusalDetails {
  rejection: number;
  name: string;
  words: string;
  figures: Record<string, string | Figure>;
  next_step: string;
  retryable?: boolean;
  /** Permanent code of the venue's own rule, as `spec/` states it. */
  rule?: string;
  /** Rules of the licence that it carries out. */
  licence_rules?: { id: string; citation: string }[];
}

export interface RefusalBody {
  code: number | string;
  msg: string;
  lionrock?: RefusalDetails;
}

const REFUSED_SECRETS: ReadonlySet<string> = new Set(["sign_in_refused", "second_factor_needed", "wrong_code", "passkey_refused"]);

export class Refusal extends Error {
  readonly status: number;
  /** Of the contract, as text; empty when no answer came. */
  readonly code: string;
  readonly details: RefusalDetails | null;
  readonly retryAfterSeconds: number;

  constructor(status: number, code: string, words: string, details: RefusalDetails | null, retryAfterSeconds = 0) {
    super(words);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** `offline`, `offline_unknown` or the venue's own name of it; or `code:<code>`. The key of its words in each language. */
  get key(): string {
    return this.details?.name ?? `code:${this.code}`;
  }

  /** Whether what was asked may have been done all the same. */
  get isOutcomeUnknown(): boolean {
    return this.status >= 500 || this.key === "offline_unknown";
  }

  /** Nobody is signed in any more. A wrong password or code has the same code of the contract, and a name of its own. */
  get isSessionOver(): boolean {
    return this.code === "-1002" && !REFUSED_SECRETS.has(this.details?.name ?? "");
  }

  static offline(wrote: boolean): Refusal {
    const name = wrote ? "offline_unknown" : "offline";
    return new Refusal(0, "", "No answer came from the venue.", { rejection: 0, name, words: "", figures: {}, next_step: "", retryable: true });
  }

  static of(status: number, body: RefusalBody | null, retryAfter: string | null): Refusal {
    const seconds = Number.parseInt(retryAfter ?? "", 10);
    if (body === null) return new Refusal(status, String(status), "", null, seconds || 0);
    return new Refusal(status, String(body.code), body.msg, body.lionrock ?? null, seconds || 0);
  }
}
