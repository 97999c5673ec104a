/** Who is signed in: a client, somebody of the staff, or both in one browser; each with a cookie that scripts cannot read. */
import { ask, onRefusal, setCsrfToken, type AnswerOf } from "./client.ts";
import { Refusal } from "./refusal.ts";

type User = AnswerOf<"/lionrock/v1/user", "get">;
type Staff = AnswerOf<"/lionrock/v1/staff/me", "get">;

interface State {
  user: User | null;
  staff: Staff | null;
  /** Whether it was asked yet who is signed in. */
  isKnown: boolean;
  /** A session that was there has ended; what was typed is kept and a sign-in is asked for. */
  hasEnded: "" | "client" | "staff";
}

export const session: State = $state({ user: null, staff: null, isKnown: false, hasEnded: "" });

/** Other tabs of this browser are told who came and went. */
const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("lionrock-session");
if (tabs) tabs.onmessage = () => void load();

onRefusal((refusal, path) => {
  if (!refusal.isSessionOver || path === "/lionrock/v1/user" || path === "/lionrock/v1/staff/me") return;
  const of = path.startsWith("/lionrock/v1/staff") ? "staff" : "client";
  if (of === "staff" ? session.staff : session.user) session.hasEnded = of;
});

/** Remembers in this browser who signed in, so that a visitor's page asks for nobody. No secret. */
const WAS = { client: "lionrock.client", staff: "lionrock.staff" } as const;

export async function load(): Promise<void> {
  const was = (of: "client" | "staff"): boolean => localStorage.getItem(WAS[of]) !== null;
  [session.user, session.staff] = await Promise.all([
    was("client") ? orNobody(() => ask("get", "/lionrock/v1/user")) : null,
    was("staff") ? orNobody(() => ask("get", "/lionrock/v1/staff/me")) : null,
  ]);
  if (session.user) setCsrfToken("client", session.user.csrfToken);
  if (session.staff) setCsrfToken("staff", session.staff.csrfToken);
  session.isKnown = true;
  session.hasEnded = "";
}

/** After a sign-in: the cookie has come with the answer. */
export async function begun(of: "client" | "staff"): Promise<void> {
  localStorage.setItem(WAS[of], "1");
  await load();
  tabs?.postMessage("begun");
}

export async function signOut(of: "client" | "staff"): Promise<void> {
  try {
    await ask("delete", of === "staff" ? "/lionrock/v1/staff/sessions" : "/lionrock/v1/sessions");
  } finally {
    if (of === "staff") session.staff = null;
    else session.user = null;
    localStorage.removeItem(WAS[of]);
    setCsrfToken(of, "");
    tabs?.postMessage("ended");
  }
}

async function orNobody<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}
