// The words of the register, asked for once per page.

import { getJson } from "./api";
import { inPageLanguage } from "./i18n";
import { config } from "./page";
import type { Kind, Service, Taxonomy, Term } from "./types";

const EMPTY: Taxonomy = {
  kind: [],
  service: [],
  entry: [],
  access: [],
  tier: [],
  status: [],
  honour: [],
  service_group: [],
  event_kind: [],
};

let loaded: Taxonomy = EMPTY;

/** Load the taxonomy; until then every code is shown as it is. */
export async function loadTaxonomy(): Promise<Taxonomy> {
  loaded = await getJson<Taxonomy>("/v1/taxonomy");
  return loaded;
}

/** The taxonomy as loaded. */
export function taxonomy(): Taxonomy {
  return loaded;
}

/** What people read for a code of a facet. */
export function label(facet: keyof Taxonomy, code: string): string {
  const found = term(facet, code);
  return found ? inPageLanguage(found) : code;
}

/** The short name of a kind, for chips and cards. */
export function kindLabel(code: string): string {
  const kind = loaded.kind.find((one) => one.code === code);
  if (!kind) return code;
  return config.lang === "en" ? kind.en : kind.zh_short;
}

/** The group of services that visitors of a kind ask for first. */
export function groupOfKind(code: string): string | null {
  return loaded.kind.find((one) => one.code === code)?.service_group ?? null;
}

/** The groups that are asked for only where some kind is visited: not of use to everybody. */
export function specialGroups(): Set<string> {
  return new Set(loaded.kind.flatMap(({ service_group: group }) => (group ? [group] : [])));
}

/** The colour of a kind on the map. */
export function kindColour(code: string): string {
  return loaded.kind.find((one) => one.code === code)?.colour ?? "#475569";
}

/** The icon of a service or kind. */
export function iconOf(facet: "kind" | "service", code: string): string {
  return term(facet, code)?.icon ?? "pin";
}

function term(facet: keyof Taxonomy, code: string): Term | Kind | Service | undefined {
  return (loaded[facet] as Term[] | undefined)?.find((one) => one.code === code);
}
