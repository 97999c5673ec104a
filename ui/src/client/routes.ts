import type { Route } from "../routes.ts";

const ACCOUNT = { audience: "client", parts: ["client", "refusals"] } as const;
const of = (path: string, key: string, load: Route["load"], menu?: Route["menu"]): Route => ({
  ...ACCOUNT, parts: [...ACCOUNT.parts], path, title: menu ? `shell.${key}` : `client.page_${key}`, load, ...(menu ? { menu } : {}),
});

export const ROUTES: readonly Route[] = [
  { path: "/sign-up", audience: "public", title: "client.page_sign_up", parts: ["client", "refusals"], load: () => import("./entry/SignUpPage.svelte") },
  of("/second-factor", "second_factor", () => import("./entry/SecondFactorPage.svelte")),
  of("/wallet", "wallet", () => import("./wallet/WalletPage.svelte"), "assets"),
  of("/account", "account", () => import("./AccountPage.svelte"), "account"),
  of("/onboarding", "onboarding", () => import("./onboarding/OnboardingPage.svelte")),
  of("/limits", "limits", () => import("./standing/LimitsPage.svelte")),
  of("/knowledge", "knowledge", () => import("./standing/KnowledgePage.svelte")),
  of("/risk-profile", "risk_profile", () => import("./standing/RiskProfilePage.svelte")),
  of("/agreements", "agreements", () => import("./standing/AgreementsPage.svelte")),
  of("/complaints", "complaints", () => import("./standing/ComplaintsPage.svelte")),
  of("/security", "security", () => import("./security/SecurityPage.svelte")),
  of("/notices", "notices", () => import("./inbox/NoticesPage.svelte")),
  of("/statements", "statements", () => import("./inbox/StatementsPage.svelte")),
];
