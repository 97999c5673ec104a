/** Names of the staff for those who may see them; to others everybody is an id. */
import { ask } from "../../api/client.ts";
import { may } from "../standing.ts";

const names: Record<string, string> = $state({});
let asked: Promise<void> | null = null;

export function nameOf(staffId: string): string {
  if (may("staff_read")) asked ??= read();
  return names[staffId] ?? "";
}

/** Everybody whose name one may see, by id and name. */
export function named(): [string, string][] {
  if (may("staff_read")) asked ??= read();
  return Object.entries(names).sort(([, one], [, other]) => one.localeCompare(other));
}

async function read(): Promise<void> {
  try {
    for (const member of await ask("get", "/lionrock/v1/staff/members")) names[member.staffId] = member.signInName;
  } catch {
    asked = null; // ids are shown
  }
}
