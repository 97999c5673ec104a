/** Asks the venue. Only what its OpenAPI document describes can be asked: the types are made from it. */
import type { paths } from "./schema";
import { Refusal, type RefusalBody } from "./refusal.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";
type Operation<P extends keyof paths, M extends Method> = paths[P][M];
export type PathOf<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never }[keyof paths];
type OfSignature = "timestamp" | "recvWindow" | "signature";
type Sent<T> = { [K in keyof T]: T[K] };
type Query<O> = O extends { parameters: { query?: infer Q } } ? (Q extends object ? Sent<Omit<Q, OfSignature>> : undefined) : undefined;
type Content<O, T extends string> = O extends { requestBody?: { content: { [K in T]: infer B } } } ? B : never;
export type JsonOf<P extends keyof paths, M extends Method> = Content<Operation<P, M>, "application/json">;
export type FormOf<P extends keyof paths, M extends Method> = Content<Operation<P, M>, "application/x-www-form-urlencoded">;
export type QueryOf<P extends keyof paths, M extends Method> = Query<Operation<P, M>>;
export type AnswerOf<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: { 200: { content: { "application/json": infer A } } } } ? A : unknown;

export interface Asking<P extends keyof paths, M extends Method> {
  query?: QueryOf<P, M>;
  json?: JsonOf<P, M>;
  form?: FormOf<P, M>;
  /** Repeating a write with the same key does it once. */
  idempotencyKey?: string;
  /** A code of the authenticator, for what asks for a second factor. */
  secondFactor?: string;
  signal?: AbortSignal;
}

/** A header carries no other signs, and none so long; what is no code is sent as none, so that the venue says it. */
const MOST_CODE = 64;

/** Tokens against forgery, by who writes; kept in memory only. */
const csrf = { client: "", staff: "" };

export function setCsrfToken(of: "client" | "staff", token: string): void {
  csrf[of] = token;
}

/** Who wants to know of every refusal, such as that of a session that has ended. */
const listeners = new Set<(refusal: Refusal, path: string) => void>();

export function onRefusal(listener: (refusal: Refusal, path: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** How far the venue's clock is ahead of this device's, in milliseconds; from the Date header, so to the second. */
export const clock = { skewMs: 0 };

/** The venue's own now. */
export const venueNow = (): number => Date.now() + clock.skewMs;

export async function ask<P extends PathOf<M> & keyof paths, M extends Method>(
  method: M,
  path: P,
  asking: Asking<P, M> = {},
): Promise<AnswerOf<P, M>> {
  const response = await send(method, path, asking);
  return (await response.json()) as AnswerOf<P, M>;
}

/** The same for what is no JSON: a PDF, a CSV, a report. */
export async function fetchFile<P extends PathOf<"get"> & keyof paths>(path: P, query?: QueryOf<P, "get">): Promise<Blob> {
  const response = await send("get", path, query === undefined ? {} : { query });
  return response.blob();
}

/** A file that is asked for with a body, such as a document that is read with a reason. */
export async function postForFile<P extends PathOf<"post"> & keyof paths>(path: P, json: JsonOf<P, "post">): Promise<Blob> {
  return (await send("post", path, { json })).blob();
}

async function send<P extends keyof paths, M extends Method>(method: M, path: P, asking: Asking<P, M>): Promise<Response> {
  const headers = new Headers();
  if (method !== "get") headers.set("X-Lionrock-CSRF", path.startsWith("/lionrock/v1/staff") ? csrf.staff : csrf.client);
  if (asking.idempotencyKey) headers.set("Idempotency-Key", asking.idempotencyKey);
  if (asking.secondFactor) headers.set("X-TWO-FA-TOKEN", asking.secondFactor.replace(/[^\x21-\x7e]/g, "?").slice(0, MOST_CODE));
  let body: string | undefined;
  if (asking.json !== undefined) {
    headers.set("Content-Type", "application/json");
    body = JSON.stringify(asking.json);
  } else if (asking.form !== undefined) {
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    body = encoded(asking.form);
  }
  const query = encoded(asking.query);
  let response: Response;
  try {
    response = await fetch(query ? `${path}?${query}` : path, {
      method: method.toUpperCase(),
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body }),
      ...(asking.signal ? { signal: asking.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw tell(Refusal.offline(method !== "get"), path);
  }
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(date)) clock.skewMs = date - Date.now();
  if (response.ok) return response;
  throw tell(Refusal.of(response.status, await readBody(response), response.headers.get("Retry-After")), path);
}

function tell(refusal: Refusal, path: string): Refusal {
  for (const listener of listeners) listener(refusal, path);
  return refusal;
}

async function readBody(response: Response): Promise<RefusalBody | null> {
  try {
    return (await response.json()) as RefusalBody;
  } catch {
    return null;
  }
}

function encoded(values: unknown): string {
  if (typeof values !== "object" || values === null) return "";
  const pairs = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
}

/** A new key for one intent of the user; the same intent, tried again, keeps it. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}
