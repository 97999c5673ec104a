/** Every page there is: its address, whom it is for, its title and what loads it. The tests walk this table. */
import type { Component } from "svelte";
import type { Part } from "./words/words.svelte.ts";
import { ROUTES as CLIENT } from "./client/routes.ts";
import { ROUTES as PUBLIC } from "./public/routes.ts";
import { ROUTES as STAFF } from "./staff/routes.ts";
import { ROUTES as TRADE } from "./trade/routes.ts";

/** What a page is given. */
export interface Shown {
  parameters: Record<string, string>;
}

export interface Route {
  /** `/trade/:symbol`; what follows a colon comes as a parameter. */
  path: string;
  /** Who may see it: everybody, a signed-in client, or somebody of the staff. */
  audience: "public" | "client" | "staff";
  /** Key of its title. */
  title: string;
  /** Texts it needs besides those of the shell. */
  parts: Part[];
  load: () => Promise<{ default: Component<Shown> }>;
  /** Place in the navigation; none for a page that is reached from another one. */
  menu?: "markets" | "trade" | "assets" | "account" | "staff" | "venue";
}

export const ROUTES: readonly Route[] = [...PUBLIC, ...TRADE, ...CLIENT, ...STAFF];
