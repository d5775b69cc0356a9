// The names of districts in the page's language; a station itself carries only the Chinese one.

import { getJson } from "./api";
import { config } from "./page";
import type { Areas } from "./types";

const names = new Map<string, string>();

/** Remember the names of these areas. */
export function rememberAreas({ features }: Areas): void {
  for (const { properties } of features) {
    const { code, name, name_en: nameEn } = properties;
    names.set(code, config.lang === "en" && nameEn ? nameEn : name);
  }
}

/** Load the names where the page needs others than those that stations carry. */
export async function loadAreaNames(): Promise<void> {
  if (config.lang === "zh") return;
  try {
    rememberAreas(await getJson<Areas>("/v1/areas?level=district&geometry=false"));
  } catch {
    // The Chinese names are right too.
  }
}

/** What people read for a station's area; nothing where it has none. */
export function areaName(area: { code: string; name: string } | null): string | undefined {
  return area ? (names.get(area.code) ?? area.name) : undefined;
}
