/** What the trader wants to see, layouts with names, and small habits; kept in this browser, of each user apart. */

export const PANELS = ["chart", "depth", "book", "trades", "orders"] as const;
export type Panel = (typeof PANELS)[number];
export type Tab = "open" | "history" | "fills" | "balances" | "ledger";

/** What a layout with a name holds. */
interface Arrangement {
  hidden: Panel[];
  tab: Tab;
  interval: string;
}

export interface Saved extends Arrangement {
  name: string;
}

interface Layout extends Arrangement {
  /** Whether single keys (B, S, ?) do something; who dictates turns them off. */
  hasKeys: boolean;
  saved: Saved[];
  /** Name of the one that was chosen last; empty for none. */
  chosen: string;
}

export const MOST_SAVED = 20;
export const MOST_NAME = 40;
const KEY = "lionrock.trade.layout";
const VISITOR = "";
const FIRST: Layout = { hidden: [], tab: "open", interval: "5m", hasKeys: true, saved: [], chosen: "" };

const placeOf = (user: string): string => (user ? `${KEY}.${user}` : KEY);
let owner = VISITOR;
export const layout: Layout = $state(kept(VISITOR) ?? structuredClone(FIRST));

function kept(user: string): Layout | null {
  try {
    const text = localStorage.getItem(placeOf(user));
    return text === null ? null : { ...structuredClone(FIRST), ...(JSON.parse(text) as Partial<Layout>) };
  } catch {
    return null;
  }
}

/** From now on it is this user's; one who comes for the first time finds the page as it stands, without anybody's layouts. */
export function belongTo(user: string): void {
  if (user === owner) return;
  owner = user;
  Object.assign(layout, kept(user) ?? { ...now(), hasKeys: layout.hasKeys, saved: [], chosen: "" });
}

export function keep(): void {
  localStorage.setItem(placeOf(owner), JSON.stringify(layout));
}

export function shows(panel: Panel): boolean {
  return !layout.hidden.includes(panel);
}

export function toggle(panel: Panel): void {
  layout.hidden = shows(panel) ? [...layout.hidden, panel] : layout.hidden.filter((each) => each !== panel);
  keep();
}

const now = (): Arrangement => ({ hidden: [...layout.hidden], tab: layout.tab, interval: layout.interval });
const same = (a: string, b: string): boolean => a.localeCompare(b, undefined, { sensitivity: "accent" }) === 0;
const find = (name: string): Saved | undefined => layout.saved.find((each) => same(each.name, name));

/** Why a layout cannot be called so: `taken` by another one, or `full`; empty where it can. */
export function hindrance(name: string, old = ""): "" | "taken" | "full" {
  const other = find(name);
  if (old) return other && other.name !== old ? "taken" : "";
  return !other && layout.saved.length >= MOST_SAVED ? "full" : "";
}

/** What stands now gets this name; one that is called so is replaced. */
export function save(name: string): void {
  const old = find(name);
  const saved = { name: old?.name ?? name, ...now() };
  layout.saved = old ? layout.saved.map((each) => (each === old ? saved : each)) : [...layout.saved, saved];
  layout.chosen = saved.name;
  keep();
}

export function choose(name: string): void {
  const saved = find(name);
  layout.chosen = saved?.name ?? "";
  if (saved) [layout.hidden, layout.tab, layout.interval] = [[...saved.hidden], saved.tab, saved.interval];
  keep();
}

export function rename(old: string, name: string): void {
  layout.saved = layout.saved.map((each) => (each.name === old ? { ...each, name } : each));
  if (layout.chosen === old) layout.chosen = name;
  keep();
}

export function remove(name: string): void {
  layout.saved = layout.saved.filter((each) => each.name !== name);
  if (layout.chosen === name) layout.chosen = "";
  keep();
}
