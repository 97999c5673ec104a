/** An action's payload as a form has it, and back again. Whole numbers stay exact: they may have 64 bits. */
import type { AnswerOf } from "../../api/client.ts";
import { scaled, unscaled } from "../../words/amounts.ts";
import * as format from "../../words/format.ts";
import { said } from "../standing.ts";

export type Action = AnswerOf<"/lionrock/v1/staff/actions", "get">[number];
export type Proposal = AnswerOf<"/lionrock/v1/staff/proposals/one", "get">;
export type PayloadField = Action["fields"][number];
export type Typed = string | boolean | Draft[];
export type Draft = { [name: string]: Typed };
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** What was typed is not of the field's kind; the key of the words, and where: `month`, or `expenses.0.month` in a line. */
export class Untypable extends Error {
  readonly place: string;
  constructor(place: string, key: string) {
    super(key);
    this.place = place;
  }
}

const NS_PER_MS = 1_000_000n;
/** In the year 2262; the venue counts nanoseconds in 64 bits. */
const LAST_MS = 9_223_372_036_854;
const isMoment = (field: { name: string; kind: string }): boolean => field.kind === "whole_number" && field.name.endsWith("_ns");

/** JSON whose large whole numbers become text, so that no digit of them is lost. */
export function exact(json: string): Json {
  return JSON.parse(json.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}/g, (found) => (found.startsWith('"') ? found : `"${found}"`))) as Json;
}

export function begun(fields: readonly PayloadField[], given: Record<string, string>): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, given[field.name] ?? beginning(field)]));
}

function beginning(field: PayloadField): Typed {
  if (field.kind === "rows") return [];
  if (field.kind === "boolean") return field.initial === "true";
  const value = field.initial ? exact(field.initial) : null;
  if (isMoment(field)) return "";
  if (field.kind === "texts") return "";
  if (field.kind === "json") return field.initial || "{}";
  return value === null ? "" : String(value);
}

/** The payload as it is sent. Raises `Untypable`. */
export function payloadOf(fields: readonly PayloadField[], draft: Draft, before = ""): { [name: string]: Json } {
  return Object.fromEntries(fields.map((field) => [field.name, valueOf(field, draft[field.name] ?? "", before + field.name)]));
}

function valueOf(field: PayloadField, typed: Typed, place: string): Json {
  if (Array.isArray(typed)) return typed.map((row, at) => payloadOf(field.columns, row, `${place}.${at}.`));
  if (typeof typed === "boolean") return typed;
  const text = typed.trim();
  if (field.kind === "texts") return text ? text.split("\n").map((line) => line.trim()).filter(Boolean) : [];
  if (field.kind === "json") return jsonOf(text, place);
  if (!text && field.isRequired) throw new Untypable(place, "staff_proposals.needed");
  if (field.kind !== "whole_number") return text;
  if (isMoment(field) && /\D/.test(text)) return moment(text, place);
  if (!text) return field.initial ? (JSON.parse(field.initial) as Json) : 0;
  if (!/^-?\d+$/.test(text)) throw new Untypable(place, "staff_proposals.not_whole");
  if (!/^-?\d{1,19}$/.test(text)) throw new Untypable(place, "staff_proposals.too_long");
  return JSON.stringify(Number(text)) === text ? Number(text) : text; // as text it keeps each digit, as an account's id has them
}

function moment(text: string, place: string): Json {
  const ms = Date.parse(text);
  if (Number.isNaN(ms) || Math.abs(ms) > LAST_MS) throw new Untypable(place, "staff_proposals.not_moment");
  return Number(BigInt(ms) * NS_PER_MS); // to the second: few digits, so the number prints as it is
}

function jsonOf(text: string, place: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Untypable(place, "staff_proposals.not_json");
  }
}

/** A value as its reader takes it in. */
export function shown(field: { name: string; kind: string; choices: PayloadField["choices"] } | undefined, value: Json | undefined): string {
  if (value === undefined || value === null || value === "") return "–";
  if (Array.isArray(value)) return value.map((each) => shown(field && { ...field, kind: "text" }, each)).join(", ") || "–";
  if (typeof value === "object") return JSON.stringify(value);
  const text = String(value);
  const choice = field?.choices.find((each) => each.value === text);
  if (choice) return said(field?.name === "role" ? "role" : `choice.${field?.name}`, choice.name);
  if (typeof value === "boolean") return said("choice", text);
  if (!field || field.kind !== "whole_number" || !/^-?\d+$/.test(text)) return text;
  if (isMoment(field)) return text === "0" ? "–" : format.zoned(Number(BigInt(text) / NS_PER_MS));
  if (field.name.endsWith("_ppm")) return `${format.number(text)} ppm (${format.number(unscaled({ ...scaled(text), places: 4 }))} %)`;
  return field.name.endsWith("_id") ? text : format.number(text);
}

/** What of the payload differs from what stands; everything where nothing is known of that. */
export function differs(now: string | string[] | undefined, value: Json): boolean {
  if (now === undefined) return false;
  return Array.isArray(now) ? !now.includes(String(value)) : now !== String(value);
}

export async function sha256(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
