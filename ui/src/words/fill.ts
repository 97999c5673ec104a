/** A text with its figures and names put in. */

const ISOLATED = ["\u2068", "\u2069"] as const;

/** `{name}` replaced. From right to left each value is isolated, so that its sign, dashes and unit stay where they belong. */
export function fill(text: string, values: Record<string, string | number>, isRightToLeft: boolean): string {
  const [before, after] = isRightToLeft ? ISOLATED : ["", ""];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : before + String(value) + after;
  });
}
