// Finding a place, an area or a station by its name, for couriers without a position.

import { getJson, queryString } from "../shared/api";
import { areaName } from "../shared/area_names";
import { createCombobox } from "../shared/combobox";
import { byId, type Child, el } from "../shared/dom";
import { inPageLanguage, t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { iconOf } from "../shared/taxonomy";
import type { Collection, SearchHit, SearchHitProperties } from "../shared/types";
import { distanceWords, roundedDegrees } from "../shared/units";

const SHOWN = 8;

interface Handlers {
  /** Where to search from, for distances and ranking; null where nobody said so yet. */
  near: () => { lon: number; lat: number } | null;
  onPlace: (hit: SearchHit, name: string) => void;
  onStation: (code: string) => void;
}

/** The address that answers these words. */
export function searchPath(words: string, near: { lon: number; lat: number } | null): string {
  const query = queryString({
    q: words,
    lon: near && roundedDegrees(near.lon),
    lat: near && roundedDegrees(near.lat),
    crs: "wgs84",
    limit: SHOWN,
  });
  return `/v1/search?${query}`;
}

/** Let the search field find. */
export function setUpSearch(handlers: Handlers): void {
  byId("find-icon").append(icon("search"));
  createCombobox<SearchHit>({
    input: byId<HTMLInputElement>("find"),
    list: byId("find-list"),
    status: byId("find-status"),
    ask: async (words, signal) => {
      const path = searchPath(words, handlers.near());
      return (await getJson<Collection<SearchHitProperties>>(path, signal)).features;
    },
    row,
    name: hitName,
    choose: (hit) => {
      if (hit.properties.type === "station") handlers.onStation(hit.properties.code);
      else handlers.onPlace(hit, hitName(hit));
    },
    found: (count, words) =>
      count ? t("courier.find_found", { count }) : t("courier.find_none", { words }),
  });
}

/** The name of what was found, in the page's language where it has one. */
export function hitName({ properties: { name, name_en: nameEn } }: SearchHit): string {
  return inPageLanguage({ zh: name, en: nameEn || name });
}

/** What stands under the name: what it is, where, and how far. */
export function hitDetail({ properties }: SearchHit): string {
  const { type, kind_zh, kind_en, area, address, distance_m: metres } = properties;
  const where = type === "station" ? (address ?? areaName(area)) : areaName(area);
  const parts = [
    inPageLanguage({ zh: kind_zh, en: kind_en }),
    where,
    metres === null ? null : distanceWords(metres),
  ];
  return parts.filter(Boolean).join(" · ");
}

function row(hit: SearchHit): Child[] {
  const { type, kind } = hit.properties;
  const drawn = type === "station" ? iconOf("kind", kind ?? "") : type === "area" ? "map" : "pin";
  return [
    icon(drawn),
    el(
      "span",
      { class: "combo-words" },
      el("span", { class: "combo-name" }, hitName(hit)),
      el("span", { class: "combo-detail" }, hitDetail(hit)),
    ),
    type === "station" && el("span", { class: "combo-tag" }, t("courier.find_station")),
  ];
}
