// The base map: districts from our own data, or the operator's tiles; scale in metres; credits.

import * as L from "leaflet";
import "leaflet/dist/leaflet.css";
import { getJson } from "./api";
import { areaName, rememberAreas } from "./area_names";
import { escapeHtml } from "./dom";
import { registerGcj02 } from "./gcj02";
import { t } from "./i18n";
import { labelPoint } from "./label_point";
import { config } from "./page";
import type { Areas, Source } from "./types";

export interface District {
  code: string;
  name: string;
  /** A point inside, where its name stands. */
  centre: L.LatLng;
  bounds: L.LatLngBounds;
}

export interface BaseMap {
  map: L.Map;
  /** Resolves when districts are drawn; empty where they could not be loaded. */
  districts: Promise<District[]>;
  /** Put a credit line on the map, or take it away. */
  credit(line: string, on: boolean): void;
}

const NINGBO = L.latLngBounds([28.95, 120.95], [30.35, 122.05]);
const OUTLINE = { color: "#8a7a68", weight: 1.5, opacity: 0.9 };

/** Make the map that every page starts from. */
export function createBaseMap(container: HTMLElement): BaseMap {
  const gcj02 = registerGcj02(L);
  const map = L.map(container, {
    crs: config.tiles?.datum === "gcj02" ? gcj02 : L.CRS.EPSG3857,
    minZoom: 7,
    maxZoom: config.tiles?.max_zoom ?? 18,
    zoomControl: false,
    attributionControl: false,
    zoomSnap: 0.5,
    keyboard: true,
  });
  map.fitBounds(NINGBO);
  const attribution = L.control.attribution({ prefix: "Leaflet" }).addTo(map);
  if (config.map_approval_number) {
    attribution.addAttribution(escapeHtml(config.map_approval_number));
  }
  L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
  L.control
    .zoom({
      position: "topright",
      zoomInTitle: t("common.zoom_in"),
      zoomOutTitle: t("common.zoom_out"),
    })
    .addTo(map);
  container.setAttribute("role", "region");
  if (config.tiles) addTiles(map, config.tiles);
  const credit = (line: string, on: boolean): void => {
    if (on) attribution.addAttribution(escapeHtml(line));
    else attribution.removeAttribution(escapeHtml(line));
  };
  return { map, districts: drawDistricts(map, attribution), credit };
}

function addTiles(map: L.Map, tiles: NonNullable<typeof config.tiles>): void {
  const options: L.TileLayerOptions = {
    attribution: tiles.attribution,
    maxZoom: tiles.max_zoom,
    referrerPolicy: "no-referrer",
  };
  if (tiles.subdomains) options.subdomains = tiles.subdomains;
  L.tileLayer(tiles.url, options).addTo(map);
}

async function drawDistricts(map: L.Map, attribution: L.Control.Attribution): Promise<District[]> {
  let areas: Areas;
  try {
    areas = await getJson<Areas>("/v1/areas?level=district&geometry=true");
  } catch {
    return [];
  }
  rememberAreas(areas);
  const shaded = config.tiles === null;
  const districts: District[] = [];
  const names: L.Marker[] = [];
  for (const area of areas.features) {
    if (!area.geometry) continue;
    const shape = L.geoJSON(area.geometry, {
      interactive: false,
      style: {
        ...OUTLINE,
        className: "district",
        fill: shaded,
        fillColor: "#fffdf8",
        fillOpacity: 1,
      },
    }).addTo(map);
    shape.bringToBack();
    const [lon, lat] = labelPoint(area.geometry);
    const name = areaName(area.properties) ?? area.properties.name;
    const centre = L.latLng(lat, lon);
    if (shaded) names.push(addName(map, centre, name));
    districts.push({ code: area.properties.code, name, centre, bounds: shape.getBounds() });
  }
  if (shaded) thinNames(map, names);
  const used = new Set(areas.features.map((area) => area.properties.source));
  void creditSources(used, attribution);
  return districts;
}

function addName(map: L.Map, centre: L.LatLng, name: string): L.Marker {
  return L.marker(centre, {
    icon: L.divIcon({
      className: "district-name",
      html: `<span>${escapeHtml(name)}</span>`,
      iconSize: [0, 0],
    }),
    interactive: false,
    keyboard: false,
    zIndexOffset: -1000,
  }).addTo(map);
}

/** Hide the names that would lie on one already shown, at every zoom. */
function thinNames(map: L.Map, names: readonly L.Marker[]): void {
  const thin = (): void => {
    const taken: L.Bounds[] = [];
    for (const name of names) {
      const element = name.getElement();
      const words = element?.firstElementChild as HTMLElement | null;
      if (!element || !words) continue;
      const half = L.point(words.offsetWidth / 2 + 2, words.offsetHeight / 2 - 1);
      const middle = map.latLngToLayerPoint(name.getLatLng());
      const box = L.bounds(middle.subtract(half), middle.add(half));
      const crowded = taken.some((other) => other.intersects(box));
      element.classList.toggle("crowded", crowded);
      if (!crowded) taken.push(box);
    }
  };
  map.on("zoomend", thin);
  thin();
}

async function creditSources(
  used: Set<string | null>,
  attribution: L.Control.Attribution,
): Promise<void> {
  try {
    const { sources } = await getJson<{ sources: Source[] }>("/v1/sources");
    for (const source of sources) {
      if (used.has(source.code)) {
        attribution.addAttribution(escapeHtml(source.attribution ?? source.name));
      }
    }
  } catch {
    // The map is useful without its credit line; the next visit asks again.
  }
}
