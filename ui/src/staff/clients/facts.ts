/** Facts that a client's risk is rated by, as the reader takes them in; the site's method may know others than the page. */
import { country } from "../../words/countries.ts";
import { has, t } from "../../words/words.svelte.ts";

/** What a factor asks; in the method's own words where the page has none. */
export function factorWords(factor: string, words: string): string {
  const key = `staff_clients.rated_by.${factor}`;
  return has(key) ? t(key) : words || factor;
}

/** A value of a factor: as the page says it, a country by its name, anything else as it is. */
export function factWords(value: string): string {
  const key = `staff_clients.fact.${value}`;
  return has(key) ? t(key) : country(value);
}

/** Whether a factor asks for a country: then any may be chosen, also those that have no points of their own. */
export const asksCountry = (values: readonly string[]): boolean => values.length > 0 && values.every((value) => /^[A-Z]{2}$/.test(value));
