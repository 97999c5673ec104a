/** An application as it is typed: every field is there, empty until it is filled in (spec/onboarding.md). */

export interface Address { country: string; area: string; city: string; district: string; street: string; postalCode: string }
export interface TaxResidence { country: string; number: string; reason: string }
export interface Identity { kind: string; number: string; country: string; expiry: string; zone: string }
export interface Person {
  surname: string; givenNames: string; birth: string; nationality: string; residence: string; address: Address;
  phone: string; email: string; document: Identity; taxResidences: TaxResidence[]; certifiesTaxes: boolean;
  occupation: string; sourceOfFunds: string; purpose: string;
}
export interface Share { owner: string; company: string; /** As typed; what is sent is in parts per million. */ percent: string }
export interface Party { key: string; person: Person | null; companyName: string; registrationNumber: string; country: string }
export interface Company {
  name: string; registrationNumber: string; country: string; incorporated: string; lei: string; address: Address;
  phone: string; email: string; taxResidences: TaxResidence[]; certifiesTaxes: boolean; business: string;
  sourceOfFunds: string; purpose: string; parties: Party[]; shares: Share[]; directors: string[]; controllers: string[]; signatory: string;
}
export type Form = Person | Company;
export type Kind = "person" | "company";

/** Key of the company that applies. */
export const APPLICANT = "applicant";

const ADDRESS: Address = { country: "", area: "", city: "", district: "", street: "", postalCode: "" };
const IDENTITY: Identity = { kind: "", number: "", country: "", expiry: "", zone: "" };

type Told = Record<string, unknown>;

function merged<T extends object>(empty: T, told: unknown): T {
  const known = typeof told === "object" && told !== null ? (told as Told) : {};
  return Object.fromEntries(Object.entries(empty).map(([name, value]) => [name, known[name] ?? value])) as T;
}

const rows = (told: unknown): Told[] => (Array.isArray(told) ? (told as Told[]) : []);
const taxes = (told: unknown): TaxResidence[] => rows(told).map((row) => merged({ country: "", number: "", reason: "" }, row));

export function person(told: unknown = {}): Person {
  const flat = merged({
    surname: "", givenNames: "", birth: "", nationality: "", residence: "", phone: "", email: "",
    certifiesTaxes: false, occupation: "", sourceOfFunds: "", purpose: "",
  }, told);
  const { address, document, taxResidences } = told as Told;
  return { ...flat, address: merged(ADDRESS, address), document: merged(IDENTITY, document), taxResidences: taxes(taxResidences) };
}

export function company(told: unknown = {}): Company {
  const flat = merged({
    name: "", registrationNumber: "", country: "", incorporated: "", lei: "", phone: "", email: "",
    certifiesTaxes: false, business: "", sourceOfFunds: "", purpose: "", signatory: "",
    directors: [] as string[], controllers: [] as string[],
  }, told);
  const { address, taxResidences, parties, shares } = told as Told;
  return {
    ...flat,
    address: merged(ADDRESS, address),
    taxResidences: taxes(taxResidences),
    parties: rows(parties).map((row) => ({
      ...merged({ key: "", companyName: "", registrationNumber: "", country: "" }, row),
      person: row.person ? person(row.person) : null,
    })),
    shares: rows(shares).map((row) => ({ ...merged({ owner: "", company: "" }, row), percent: typeof row.percent === "string" ? row.percent : percentOf(Number(row.sharePpm)) })),
  };
}

export const isCompany = (form: Form): form is Company => "parties" in form;
export const read = (kind: Kind, told: unknown): Form => (kind === "person" ? person(told) : company(told));

/** As the venue takes it. A share that is no number goes as nothing, which the venue then calls wrong. */
export function toSend(form: Form): Told {
  const plain = JSON.parse(JSON.stringify(form)) as Told;
  if (isCompany(form)) plain.shares = form.shares.map(({ owner, company: of, percent }) => ({ owner, company: of, sharePpm: ppmOf(percent) ?? 0 }));
  return plain;
}

/** Parts per million of a typed percentage, with up to four decimals; null for anything else. */
export function ppmOf(percent: string): number | null {
  const found = /^(\d{1,3})(?:[.,](\d{1,4}))?$/.exec(percent.trim().replace(/\s?%$/, ""));
  if (!found) return null;
  const ppm = Number(found[1]) * 10_000 + Number((found[2] ?? "").padEnd(4, "0"));
  return ppm > 0 && ppm <= 1_000_000 ? ppm : null;
}

export function percentOf(ppm: number): string {
  if (!ppm) return "";
  const part = String(ppm % 10_000).padStart(4, "0").replace(/0+$/, "");
  return `${Math.floor(ppm / 10_000)}${part ? `.${part}` : ""}`;
}

/** Every text of a form with its path, as the venue names it. */
export function texts(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (Array.isArray(value)) {
    return value.flatMap((each, at) => texts(each, path === "parties" ? `parties.${(each as Party).key}` : `${path}.${at}`));
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => texts(each, name === "person" ? path : path ? `${path}.${name}` : name));
}
