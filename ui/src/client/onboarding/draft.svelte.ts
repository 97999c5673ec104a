/** A draft that saves itself as it is typed. What the venue has not taken yet is in the memory of this page and nowhere else. */
import { ask, type AnswerOf, type JsonOf } from "../../api/client.ts";
import { Refusal } from "../../api/refusal.ts";
import { session } from "../../api/session.svelte.ts";
import { has, t } from "../../words/words.svelte.ts";
import { unfit } from "../parts/sending.svelte.ts";
import { read, texts, toSend, type Form, type Kind } from "./forms.ts";

export type Missing = AnswerOf<"/lionrock/v1/onboarding/missing", "get">[number];
type Status = AnswerOf<"/lionrock/v1/onboarding", "get">;
export type Saved = "saved" | "typing" | "saving" | "offline" | "unfit" | "conflict" | "refused";

const QUIET_MS = 700;
const AGAIN_MS = 4_000;
/** Characters of one field, as the venue takes them. */
const MAX_TEXT = 300;
/** What is only wrong once a step is done with. */
const OF_UNFINISHED: ReadonlySet<string> = new Set(["required", "unexplained", "not_connected", "controller_needed", "not_certified", "no_number_reason"]);

export class Draft {
  readonly kind: Kind;
  form: Form = $state({} as Form);
  missing: Missing[] = $state([]);
  saved: Saved = $state("saved");
  refusal: Refusal | null = $state(null);
  /** Steps that were left, whose empty fields are told from then on. */
  left: string[] = $state([]);
  #version = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changes = 0;
  #isClosed = false;
  #underWay: Promise<boolean> | null = null;

  constructor(status: Status) {
    this.kind = status.kind as Kind;
  }

  /** Whether something was typed that the venue does not have. */
  get isUnsaved(): boolean {
    return this.saved !== "saved";
  }

  async open(): Promise<void> {
    const told = await ask("get", "/lionrock/v1/onboarding/form");
    this.#version = told.version;
    this.form = read(this.kind, told.form);
    await this.look();
  }

  async look(): Promise<void> {
    this.missing = await ask("get", "/lionrock/v1/onboarding/missing");
  }

  /** Something was typed. */
  touch(): void {
    this.#changes += 1;
    if (this.saved === "conflict") return;
    this.saved = "typing";
    this.#later(QUIET_MS);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.save(), ms);
  }

  /**
   * Saves now what is not saved yet; true when the venue has everything. One at a time: a second save beside a first
   * would name the version that the first one ends, and be taken for another window's.
   */
  async save(): Promise<boolean> {
    while (this.#underWay) await this.#underWay.catch(() => false);
    clearTimeout(this.#timer);
    if (this.saved === "saved") return true;
    if (this.saved === "conflict") return false;
    this.#underWay = this.#send().finally(() => (this.#underWay = null));
    return this.#underWay;
  }

  async #send(): Promise<boolean> {
    if (texts(this.form).some(([, text]) => unfit(text, MAX_TEXT))) {
      this.saved = "unfit";
      return false;
    }
    const changes = this.#changes;
    [this.saved, this.refusal] = ["saving", null];
    try {
      const json = { version: this.#version, form: toSend(this.form) as JsonOf<"/lionrock/v1/onboarding/form", "put">["form"] };
      this.#version = (await ask("put", "/lionrock/v1/onboarding/form", { json })).version;
      await this.look();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.#notSaved(error);
    }
    if (changes !== this.#changes) {
      this.saved = "typing";
      this.#later(QUIET_MS);
      return false;
    }
    this.saved = "saved";
    return true;
  }

  async #notSaved(refusal: Refusal): Promise<boolean> {
    if (refusal.details?.name === "form_changed_meanwhile") {
      // Whether it was this tab's own save whose answer was lost is seen by what the venue has.
      const told = await ask("get", "/lionrock/v1/onboarding/form").catch(() => null);
      if (told && JSON.stringify(read(this.kind, told.form)) === JSON.stringify(read(this.kind, toSend(this.form)))) {
        this.#version = told.version;
        this.saved = "typing";
        this.#later(0);
        return false;
      }
      this.saved = "conflict";
    } else if (refusal.status === 0 || refusal.isOutcomeUnknown || refusal.isSessionOver) {
      this.saved = "offline";
      this.#later(AGAIN_MS);
    } else {
      [this.saved, this.refusal] = ["refused", refusal];
    }
    return false;
  }

  /** Of two windows: what is here takes the place of what the other one saved, or gives way to it. */
  async settle(mine: boolean): Promise<void> {
    const told = await ask("get", "/lionrock/v1/onboarding/form");
    this.#version = told.version;
    if (!mine) {
      this.form = read(this.kind, told.form);
      this.saved = "saved";
      await this.look();
      return;
    }
    this.saved = "typing";
    await this.save();
  }

  /** After a sign-in in the dialog, or when the network is back. */
  goOn(): void {
    if (this.saved === "offline" && session.user && !session.hasEnded) this.#later(0);
  }

  /** The page is left for another one: what is not saved yet is tried once more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.saved === "typing" || this.saved === "offline") void this.save().catch(() => undefined);
  }

  /** What is wrong with the field at this path, in the reader's language. Empty fields are told once their step was left. */
  at(path: string, text = "", step = ""): string {
    const wrong = text ? unfit(text, MAX_TEXT) : "";
    if (wrong) return wrong;
    const found = this.missing.find((each) => each.field === path && (!OF_UNFINISHED.has(each.name) || this.left.includes(step)));
    if (found) return words(found);
    const last = path.slice(path.lastIndexOf(".") + 1);
    return this.refusal?.code === "0001" && this.refusal.message.includes(` ${last} `) && this.saved === "refused" ? t("client.field_invalid") : "";
  }
}

export function words(missing: Missing): string {
  const key = `client.missing_${missing.name}`;
  return has(key) ? t(key) : missing.words;
}
