/** Which page is shown. Addresses are real ones, so that a reload, a bookmark and the back key work. */
import { ROUTES, type Route } from "../routes.ts";

interface Place {
  path: string;
  query: URLSearchParams;
  parameters: Record<string, string>;
  route: Route | null;
}

export const place: Place = $state(find(location.pathname, location.search));

function find(path: string, search: string): Place {
  for (const route of ROUTES) {
    const names: string[] = [];
    const pattern = route.path.replace(/:(\w+)/g, (_, name: string) => {
      names.push(name);
      return "([^/]+)";
    });
    const found = new RegExp(`^${pattern}/?$`).exec(path);
    if (!found) continue;
    const parameters = Object.fromEntries(names.map((name, at) => [name, decoded(found[at + 1] ?? "")]));
    return { path, query: new URLSearchParams(search), parameters, route };
  }
  return { path, query: new URLSearchParams(search), parameters: {}, route: null };
}

/** What an address means; one that means nothing stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function follow(): void {
  Object.assign(place, find(location.pathname, location.search));
}

/** Something that is being typed asks before it is left. */
const guards = new Set<() => boolean>();

export function guard(mayLeave: () => boolean): () => void {
  guards.add(mayLeave);
  return () => guards.delete(mayLeave);
}

export function go(address: string, replacing = false): void {
  if (![...guards].every((mayLeave) => mayLeave())) return;
  if (replacing) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  follow();
  if (!replacing) scrollTo(0, 0);
}

/** Links within the application do not load the page anew. */
export function listen(): void {
  addEventListener("popstate", follow);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    const target = find(link.pathname, link.search);
    if (!target.route) return;
    event.preventDefault();
    if (link.hash && link.pathname === location.pathname) {
      document.getElementById(link.hash.slice(1))?.focus();
      return;
    }
    go(link.pathname + link.search);
  });
}
