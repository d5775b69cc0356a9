// The one script of the coverage map: Leaflet as the global L that folium's page expects, with our
// layers under L.nuanyi.

import * as Leaflet from "leaflet";
import "leaflet/dist/leaflet.css";
import { registerGcj02 } from "../shared/gcj02";
import type { CellLayerName } from "./cell_data";
import { CellField, type CellsData, CellsLayer } from "./cells_layer";
import { type DistrictsData, DistrictsLayer } from "./districts_layer";
import "./map.css";
import { popupContent } from "./popup";
import { type StationsData, StationsLayer } from "./stations_layer";

type Words = Record<"zoom_in" | "zoom_out" | "layers" | "close", string>;

/** What the planners' page may tell the map. */
interface Told {
  focus?: string | null;
  layer?: CellLayerName;
  station?: string;
}

const HOVER_MS = 60;
const STATION_ZOOM = 14;

let field: CellField | null = null;
const cellsLayers = new Map<CellLayerName, CellsLayer>();
let districtsLayer: DistrictsLayer | null = null;
const stationsLayers: StationsLayer[] = [];

const nuanyi = {
  cells(id: string, layer: CellLayerName): CellsLayer {
    field ??= new CellField(dataOf<CellsData>(id));
    const made = new CellsLayer(field, layer);
    cellsLayers.set(layer, made);
    return made;
  },
  districts(id: string): DistrictsLayer {
    districtsLayer = new DistrictsLayer(dataOf<DistrictsData>(id));
    return districtsLayer;
  },
  stations(id: string): StationsLayer {
    const made = new StationsLayer(dataOf<StationsData>(id));
    stationsLayers.push(made);
    return made;
  },
  finish(map: Leaflet.Map, words: Words): void {
    Leaflet.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
    nameButtons(map.getContainer(), words);
    map.on("popupopen", ({ popup }) => {
      popup.getElement()?.querySelector("a")?.setAttribute("aria-label", words.close);
    });
    map.on("baselayerchange", () => showLegend(map));
    showFacts(map);
    listenToFrame(map);
  },
};

registerGcj02(Leaflet);
(window as unknown as { L: unknown }).L = Object.assign({}, Leaflet, { nuanyi });

function dataOf<Data>(id: string): Data {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null") as Data;
}

/** Leaflet's own words are English. */
function nameButtons(container: HTMLElement, words: Words): void {
  const names = {
    ".leaflet-control-zoom-in": words.zoom_in,
    ".leaflet-control-zoom-out": words.zoom_out,
    ".leaflet-control-layers-toggle": words.layers,
  };
  for (const [selector, name] of Object.entries(names)) {
    const found = container.querySelector<HTMLElement>(selector);
    found?.setAttribute("title", name);
    found?.setAttribute("aria-label", name);
  }
}

/** The layer of cells on the map. */
function shownLayer(map: Leaflet.Map): CellsLayer | null {
  return [...cellsLayers.values()].find((one) => map.hasLayer(one)) ?? null;
}

/** Title and legend of the layer on the map; the page around it is told which one that is. */
function showLegend(map: Leaflet.Map): void {
  const layer = shownLayer(map)?.layer;
  if (!layer) return;
  for (const part of document.querySelectorAll<HTMLElement>("[data-layer]")) {
    part.hidden = part.dataset.layer !== layer;
  }
  if (window.parent !== window) window.parent.postMessage({ layer }, location.origin);
}

function factsAt(map: Leaflet.Map, place: Leaflet.LatLng): string[] | null {
  const layer = shownLayer(map);
  const i = layer ? layer.field.at(place) : -1;
  return layer && i >= 0 ? layer.field.facts(i, layer.layer) : null;
}

/** Facts of the cell under the pointer in a corner, and of the cell that is clicked in a pop-up. */
function showFacts(map: Leaflet.Map): void {
  const corner = document.getElementById("cell-facts");
  let waiting = 0;
  map.on("mousemove", ({ latlng }) => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      const facts = factsAt(map, latlng);
      if (!corner) return;
      corner.textContent = facts ? facts.slice(0, 2).join(" · ") : "";
      corner.hidden = facts === null;
    }, HOVER_MS);
  });
  map.on("click", ({ latlng }) => {
    const facts = factsAt(map, latlng);
    const district = districtsLayer?.districtAt(latlng) ?? null;
    if (!facts && !district) return;
    const name = district?.properties.name ?? "";
    const ofDistrict = district && districtsLayer ? districtsLayer.factsOf(district) : [];
    const content = facts
      ? popupContent(facts[0] ?? "", facts.slice(1), [name, ...ofDistrict].filter(Boolean))
      : popupContent(name, ofDistrict);
    Leaflet.popup({ maxWidth: 260 }).setLatLng(latlng).setContent(content).openOn(map);
  });
}

/** Go to a station and open its pop-up. */
function showStation(map: Leaflet.Map, code: string): void {
  for (const layer of stationsLayers) {
    const found = layer.find(code);
    if (!found) continue;
    if (!map.hasLayer(layer)) layer.addTo(map);
    map.setView(found.getLatLng(), STATION_ZOOM, { animate: false });
    found.openPopup();
  }
}

/** The planners' page, and nobody else, says which district and which layer to show. */
function listenToFrame(map: Leaflet.Map): void {
  const whole = map.getBounds();
  window.addEventListener("message", (event) => {
    if (event.origin !== location.origin || event.source !== window.parent) return;
    const message = event.data as Told | null;
    if (message?.station) showStation(map, message.station);
    if (message?.focus !== undefined) {
      map.fitBounds(districtsLayer?.mark(message.focus) ?? whole, { animate: false });
    }
    const wanted = message?.layer ? cellsLayers.get(message.layer) : undefined;
    const shown = shownLayer(map);
    if (wanted && wanted !== shown) {
      shown?.remove();
      wanted.addTo(map);
      showLegend(map);
    }
  });
}
