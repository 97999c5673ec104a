/** The trader's pages. */
import type { Route } from "../routes.ts";

const markets: Route["load"] = () => import("./markets/MarketsPage.svelte");

export const ROUTES: readonly Route[] = [
  { path: "/", audience: "public", title: "shell.markets", parts: ["trade"], load: markets, menu: "markets" },
  { path: "/markets", audience: "public", title: "shell.markets", parts: ["trade"], load: markets },
  { path: "/trade/:symbol", audience: "public", title: "shell.trade", parts: ["trade", "refusals"], load: () => import("./TradePage.svelte") },
  { path: "/orders", audience: "client", title: "shell.orders", parts: ["trade", "refusals"], load: () => import("./account/OrdersPage.svelte"), menu: "trade" },
  { path: "/fills", audience: "client", title: "shell.fills", parts: ["trade", "refusals"], load: () => import("./account/FillsPage.svelte"), menu: "trade" },
  { path: "/balances", audience: "client", title: "shell.balances", parts: ["trade", "refusals"], load: () => import("./account/BalancesPage.svelte"), menu: "assets" },
  { path: "/bench/book", audience: "public", title: "trade.bench_title", parts: ["trade"], load: () => import("./bench/BenchBookPage.svelte") },
];
