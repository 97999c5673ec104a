import type { Route } from "../routes.ts";
import type { Part } from "../words/words.svelte.ts";

function room(path: string, title: string, load: Route["load"], ...parts: Part[]): Route {
  return { path, audience: "staff", title, parts: ["staff", ...parts], load };
}

export const ROUTES: readonly Route[] = [
  { path: "/staff/enrol", audience: "public", title: "staff.enrol", parts: ["staff", "staff_house"], load: () => import("./house/EnrolPage.svelte") },
  { path: "/staff", audience: "staff", title: "shell.staff_room", parts: ["staff"], load: () => import("./queue/QueuePage.svelte"), menu: "staff" },
  room("/staff/proposals", "staff.proposals", () => import("./proposals/ProposalsPage.svelte"), "staff_proposals"),
  room("/staff/proposals/:id", "staff.proposal", () => import("./proposals/ProposalPage.svelte"), "staff_proposals"),
  room("/staff/propose/:action", "staff.propose", () => import("./proposals/ProposePage.svelte"), "staff_proposals"),
  room("/staff/clients", "staff.clients", () => import("./clients/ClientsPage.svelte"), "staff_clients"),
  room("/staff/clients/:id", "staff.client", () => import("./clients/ClientPage.svelte"), "staff_clients", "staff_proposals"),
  room("/staff/markets", "staff.markets", () => import("./markets/MarketsPage.svelte"), "staff_markets"),
  room("/staff/admission", "staff.admission", () => import("./admission/AdmissionPage.svelte"), "staff_markets"),
  room("/staff/rulebook", "staff.rulebook", () => import("./rulebook/RulebookPage.svelte"), "staff_rulebook"),
  room("/staff/rulebook/:id", "staff.rule", () => import("./rulebook/RulePage.svelte"), "staff_rulebook"),
  room("/staff/audit", "staff.audit", () => import("./audit/AuditPage.svelte")),
  room("/staff/attestations", "staff.attestations", () => import("./attestations/AttestationsPage.svelte"), "staff_house"),
  room("/staff/registers", "staff.registers", () => import("./house/RegistersPage.svelte"), "staff_house"),
  room("/staff/capital", "staff.capital", () => import("./house/CapitalPage.svelte"), "staff_house"),
  room("/staff/records", "staff.records", () => import("./house/RecordsPage.svelte"), "staff_house"),
  room("/staff/members", "staff.members", () => import("./house/MembersPage.svelte"), "staff_house"),
  room("/staff/outbox", "staff.outbox", () => import("./house/OutboxPage.svelte"), "staff_house"),
];
