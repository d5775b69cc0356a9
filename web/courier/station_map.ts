// The courier's map: where they are, how far the search reached, and the numbered stations.

import * as L from "leaflet";
import { eventWhen } from "../shared/event_words";
import { t } from "../shared/i18n";
import { type BaseMap, createBaseMap } from "../shared/map";
import { kindColour } from "../shared/taxonomy";
import type { Listing, Nearby, NearbyEvent, Route } from "../shared/types";
import { wholeMinutes } from "../shared/units";
import { eventTitle } from "./events";
import { eventMarkup, pinMarkup } from "./pin";
import type { Origin } from "./query";

const CLOSEST_ZOOM = 16;
const SOUGHT_ZOOM = 14;
// Pins stand above their places; zoom buttons stand at the right, credits at the bottom.
const ROOM_FOR_PINS: L.FitBoundsOptions = {
  paddingTopLeft: [30, 60],
  paddingBottomRight: [64, 44],
};

export interface StationMap {
  base: BaseMap;
  showOrigin(origin: Origin): void;
  showStations(stations: readonly Nearby[], withinM: number): void;
  /** The way to the first station; null takes it away. */
  showRoute(route: Route | null): void;
  showEvents(events: readonly NearbyEvent[]): void;
  /** The station that was asked for by name; null takes it away. */
  showSought(station: Listing | null): void;
  frame(): void;
  selectEvent(code: string): void;
  select(code: string, bring: boolean): void;
  centre(): { lon: number; lat: number };
}

interface Handlers {
  onPlace(lon: number, lat: number): void;
  onStation(code: string): void;
  onEvent(code: string): void;
}

/** Make the map in `container`. */
export function createStationMap(container: HTMLElement, handlers: Handlers): StationMap {
  const base = createBaseMap(container);
  const { map } = base;
  const markers = new Map<string, L.Marker>();
  const events = new Map<string, L.Marker>();
  const layer = L.layerGroup().addTo(map);
  const eventLayer = L.layerGroup().addTo(map);
  const routeLayer = L.layerGroup().addTo(map);
  let credited: string | null = null;
  let way: L.LatLng[] = [];
  const soughtLayer = L.layerGroup().addTo(map);
  let origin: L.LatLng | null = null;
  let originLayer = L.layerGroup().addTo(map);
  let reach: L.Circle | null = null;

  map.on("click", (event: L.LeafletMouseEvent) => {
    const place = event.latlng.wrap();
    handlers.onPlace(place.lng, place.lat);
  });

  const showOrigin = (place: Origin): void => {
    origin = L.latLng(place.lat, place.lon);
    map.invalidateSize({ animate: false });
    originLayer.remove();
    originLayer = L.layerGroup().addTo(map);
    if (place.accuracyM !== null && place.accuracyM > 30) {
      L.circle(origin, {
        radius: place.accuracyM,
        className: "accuracy",
        interactive: false,
      }).addTo(originLayer);
    }
    L.marker(origin, {
      icon: L.divIcon({ className: "origin", html: "<span></span>", iconSize: [28, 28] }),
      interactive: false,
      keyboard: false,
      zIndexOffset: -500,
    }).addTo(originLayer);
  };

  const showStations = (stations: readonly Nearby[], withinM: number): void => {
    layer.clearLayers();
    markers.clear();
    if (origin) {
      reach = L.circle(origin, { radius: withinM, className: "reach", interactive: false });
      reach.addTo(layer);
    }
    stations.forEach((station, index) => {
      const marker = stationMarker(station, index + 1, () => handlers.onStation(station.id));
      marker.addTo(layer);
      markers.set(station.id, marker);
    });
  };

  const showRoute = (route: Route | null): void => {
    routeLayer.clearLayers();
    way = [];
    if (credited) base.credit(credited, false);
    credited = route?.attribution ?? null;
    if (!route) return;
    base.credit(route.attribution, true);
    const line = route.geometry.coordinates.map(([lon, lat]) => L.latLng(lat ?? 0, lon ?? 0));
    way = line;
    L.polyline(line, { className: "route-edge", interactive: false }).addTo(routeLayer);
    L.polyline(line, { className: "route", interactive: false }).addTo(routeLayer);
  };

  const showEvents = (found: readonly NearbyEvent[]): void => {
    eventLayer.clearLayers();
    events.clear();
    for (const event of found) {
      const marker = eventMarker(event, () => handlers.onEvent(event.id)).addTo(eventLayer);
      events.set(event.id, marker);
    }
  };

  const showSought = (station: Listing | null): void => {
    soughtLayer.clearLayers();
    if (!station?.geometry) return;
    const [lon, lat] = station.geometry.coordinates;
    const { name, kind } = station.properties;
    const marker = pinMarker([lat, lon], pinMarkup(null, kindColour(kind)), name, () => undefined);
    marker.setZIndexOffset(2000).addTo(soughtLayer);
    map.setView([lat, lon], Math.max(map.getZoom(), SOUGHT_ZOOM));
  };

  const selectEvent = (code: string): void => {
    const chosen = events.get(code);
    if (chosen) map.panInside(chosen.getLatLng(), { padding: [60, 60] });
  };

  const frame = (): void => {
    if (!origin) return;
    const places = [...markers.values(), ...events.values()].map((marker) => marker.getLatLng());
    const bounds = places.length
      ? L.latLngBounds([origin, ...places, ...way])
      : (reach?.getBounds() ?? L.latLngBounds([origin]));
    map.fitBounds(bounds, { ...ROOM_FOR_PINS, maxZoom: CLOSEST_ZOOM });
  };

  const select = (code: string, bring: boolean): void => {
    for (const [other, marker] of markers) {
      marker.getElement()?.classList.toggle("selected", other === code);
      marker.setZIndexOffset(other === code ? 1000 : 0);
    }
    const chosen = markers.get(code);
    if (bring && chosen) map.panInside(chosen.getLatLng(), { padding: [60, 60] });
  };

  const centre = (): { lon: number; lat: number } => {
    const place = map.getCenter().wrap();
    return { lon: place.lng, lat: place.lat };
  };

  return {
    base,
    showOrigin,
    showStations,
    showRoute,
    showEvents,
    showSought,
    frame,
    select,
    selectEvent,
    centre,
  };
}

function stationMarker(station: Nearby, number: number, onChoose: () => void): L.Marker {
  const [lon, lat] = station.geometry.coordinates;
  const { name, kind, minutes } = station.properties;
  const spoken =
    minutes === null
      ? t("courier.marker_no_way", { number, name })
      : t("courier.marker", { number, name, minutes: wholeMinutes(minutes) });
  return pinMarker([lat, lon], pinMarkup(number, kindColour(kind)), spoken, onChoose);
}

function eventMarker(event: NearbyEvent, onChoose: () => void): L.Marker {
  const [lon, lat] = event.geometry.coordinates;
  const { starts_at, ends_at } = event.properties;
  const title = eventTitle(event.properties);
  const spoken = t("courier.event_marker", { title, when: eventWhen(starts_at, ends_at) });
  // Beside the station where it is, not on top of it.
  return pinMarker([lat, lon], eventMarkup(), spoken, onChoose, "station-marker event-marker");
}

function pinMarker(
  place: L.LatLngTuple,
  html: string,
  spoken: string,
  onChoose: () => void,
  className = "station-marker",
): L.Marker {
  const marker = L.marker(place, {
    icon: L.divIcon({
      className,
      html,
      iconSize: [44, 52],
      iconAnchor: [22, 50],
    }),
    riseOnHover: true,
    bubblingMouseEvents: false,
  });
  marker.on("click", onChoose);
  // Leaflet turns Enter into a click only where a popup is bound.
  marker.on("keypress", (event) => {
    const { originalEvent } = event as L.LeafletKeyboardEvent;
    if (originalEvent.key === "Enter" || originalEvent.key === " ") onChoose();
  });
  marker.on("add", () => {
    marker.getElement()?.setAttribute("aria-label", spoken);
  });
  return marker;
}
