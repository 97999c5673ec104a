/** The rooms of the staff: where they are, and which permission opens them. */

export interface Place {
  path: string;
  /** Key of its title. */
  title: string;
  /** Permission, as the session names it. */
  needs: string;
}

export const PLACES: readonly Place[] = [
  { path: "/staff", title: "staff.queue", needs: "queue" },
  { path: "/staff/proposals", title: "staff.proposals", needs: "proposals_read" },
  { path: "/staff/clients", title: "staff.clients", needs: "clients_read" },
  { path: "/staff/markets", title: "staff.markets", needs: "proposals_work" },
  { path: "/staff/admission", title: "staff.admission", needs: "admission_read" },
  { path: "/staff/rulebook", title: "staff.rulebook", needs: "rulebook_read" },
  { path: "/staff/audit", title: "staff.audit", needs: "audit_read" },
  { path: "/staff/attestations", title: "staff.attestations", needs: "attestations_read" },
  { path: "/staff/registers", title: "staff.registers", needs: "registers_read" },
  { path: "/staff/capital", title: "staff.capital", needs: "capital_read" },
  { path: "/staff/records", title: "staff.records", needs: "records_read" },
  { path: "/staff/members", title: "staff.members", needs: "staff_read" },
  { path: "/staff/outbox", title: "staff.outbox", needs: "outbox_read" },
];
