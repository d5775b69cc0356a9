// The one script of the coverage map: Leaflet as the global L that folium's page expects, with our
// layers under L.nuanyi.

import * as Leaflet from "leaflet";
import "leaflet/dist/leaflet.css";
import { registerGcj02 } from "../shared/gcj02";
import type { CellLayerName } from "./cell_data";
import { CellField, type CellsData, CellsLayer } from "./cells_layer";
import { type DistrictsData, DistrictsLayer } from "./districts_layer";
import "./map.css";
import { fitToPaper } from "./map_on_paper";
import { savePicture } from "./map_picture";
import { Planning } from "./map_planning";
import { type FromMap, messageFrom, type ToMap } from "./messages";
import { POPUP, popupContent } from "./popup";
import { type StationsData, StationsLayer } from "./stations_layer";

type Words = Record<string, string>;

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
      popup
        .getElement()
        ?.querySelector("a")
        ?.setAttribute("aria-label", words.close ?? "");
    });
    const planning = new Planning(map, {
      words,
      shown: () => shownLayer(map),
      placeOf: (code) => stationOf(code)?.getLatLng() ?? null,
      nameOf: (code) => stationsLayers.map((one) => one.nameOf(code)).find(Boolean) ?? null,
      tell,
    });
    StationsLayer.more = (code) => planning.buttonsOf(code);
    map.on("baselayerchange", () => {
      showLegend(map);
      planning.refresh();
    });
    showFacts(map, planning);
    hearKeys(map);
    keepSize(map);
    fitToPaper(map, () => districtsLayer?.getBounds() ?? null);
    listenToFrame(map, planning);
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
    found?.setAttribute("title", name ?? "");
    found?.setAttribute("aria-label", name ?? "");
  }
}

/** The legend under the map grows and shrinks, and the map with it. */
function keepSize(map: Leaflet.Map): void {
  if (!("ResizeObserver" in window)) return;
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(map.getContainer());
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
  tell({ layer });
}

/** Tell the page around the map, if there is one. */
function tell(message: FromMap): void {
  if (window.parent !== window) window.parent.postMessage(message, location.origin);
}

function factsAt(map: Leaflet.Map, place: Leaflet.LatLng): string[] | null {
  const layer = shownLayer(map);
  const i = layer ? layer.field.at(place) : -1;
  return layer && i >= 0 ? layer.field.facts(i, layer.layer) : null;
}

/** Facts of the cell under the pointer in a corner, and of the cell that is clicked in a pop-up. */
function showFacts(map: Leaflet.Map, planning: Planning): void {
  const corner = document.getElementById("cell-facts");
  let waiting = 0;
  let isTold = false; // a pop-up says more, and the corner would cover it
  map.on("popupopen", () => {
    isTold = true;
    if (corner) corner.hidden = true;
  });
  map.on("popupclose", () => {
    isTold = false;
  });
  map.on("mousemove", ({ latlng }) => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(() => {
      const facts = factsAt(map, latlng);
      if (!corner) return;
      corner.textContent = facts ? facts.slice(0, 2).join(" · ") : "";
      corner.hidden = facts === null || isTold;
    }, HOVER_MS);
  });
  map.on("click", ({ latlng }) => {
    if (planning.takes(latlng)) return;
    const changes = planning.factsAt(latlng);
    const facts = factsAt(map, latlng);
    const district = districtsLayer?.districtAt(latlng) ?? null;
    if (!facts && !district) return;
    const name = district?.properties.name ?? "";
    const ofDistrict = district && districtsLayer ? districtsLayer.factsOf(district) : [];
    const content = facts
      ? popupContent(facts[0] ?? "", facts.slice(1), changes, [name, ...ofDistrict].filter(Boolean))
      : popupContent(name, ofDistrict);
    Leaflet.popup(POPUP).setLatLng(latlng).setContent(content).openOn(map);
  });
}

/** Enter does in the middle of the map what a click does under the pointer. */
function hearKeys(map: Leaflet.Map): void {
  const container = map.getContainer();
  container.setAttribute("role", "application");
  container.setAttribute("aria-labelledby", "map-title");
  container.setAttribute("aria-describedby", "map-keys");
  container.addEventListener("keydown", (event) => {
    if (event.target !== container || (event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    const latlng = map.getCenter();
    map.fire("click", { latlng });
  });
}

function stationOf(code: string): Leaflet.CircleMarker | null {
  for (const layer of stationsLayers) {
    const found = layer.find(code);
    if (found) return found;
  }
  return null;
}

/** Go to a station and open its pop-up. */
function showStation(map: Leaflet.Map, code: string): void {
  const layer = stationsLayers.find((one) => one.find(code) !== null);
  const found = stationOf(code);
  if (!layer || !found) return;
  if (!map.hasLayer(layer)) layer.addTo(map);
  map.setView(found.getLatLng(), STATION_ZOOM, { animate: false });
  found.openPopup();
}

/** The planners' page, and nobody else, says what to show. */
function listenToFrame(map: Leaflet.Map, planning: Planning): void {
  const whole = map.getBounds();
  window.addEventListener("message", (event) => {
    const message = messageFrom<ToMap>(event, window.parent);
    if (!message) return;
    if (message.focus !== undefined) {
      map.fitBounds(districtsLayer?.mark(message.focus) ?? whole, { animate: false });
    }
    const wanted = message.layer ? cellsLayers.get(message.layer) : undefined;
    const shown = shownLayer(map);
    if (wanted && wanted !== shown) {
      shown?.remove();
      wanted.addTo(map);
      showLegend(map);
      planning.refresh();
    }
    if (message.station) showStation(map, message.station);
    if (message.picture) {
      const layer = shownLayer(map)?.layer ?? "map";
      void savePicture(map, `${message.picture}-${layer}.png`);
    }
    planning.hear(message);
  });
}
