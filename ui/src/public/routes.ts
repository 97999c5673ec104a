import type { Route } from "../routes.ts";

/** Open to everybody; the foot of every page leads here. Their titles are texts of the shell, which is there on every page. */
export const IN_THE_FOOT: readonly Route[] = [
  { path: "/status", audience: "public", title: "shell.status", parts: ["public"], load: () => import("./StatusPage.svelte") },
  { path: "/fees", audience: "public", title: "shell.fees", parts: ["public"], load: () => import("./FeesPage.svelte") },
  { path: "/rules", audience: "public", title: "shell.rules", parts: ["public"], load: () => import("./RulesPage.svelte") },
  { path: "/quality", audience: "public", title: "shell.quality", parts: ["public"], load: () => import("./QualityPage.svelte") },
  { path: "/verify", audience: "public", title: "shell.verify", parts: ["public"], load: () => import("./VerifyPage.svelte") },
  { path: "/about", audience: "public", title: "shell.about", parts: ["public"], load: () => import("./AboutPage.svelte") },
];

export const ROUTES: readonly Route[] = [
  ...IN_THE_FOOT,
  { path: "/sign-in", audience: "public", title: "shell.sign_in", parts: [], load: () => import("../shell/SignInPage.svelte") },
  { path: "/staff/sign-in", audience: "public", title: "shell.staff_sign_in", parts: [], load: () => import("../shell/SignInPage.svelte") },
];
