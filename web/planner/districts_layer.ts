// Outlines and names of districts, and which one a place is in.

import * as L from "leaflet";
import { labelPoint } from "../shared/label_point";

export interface DistrictProperties {
  code: string;
  name: string;
  stations?: number;
  residents?: number;
  served?: number;
  uncovered?: number;
  backed_up?: number;
}

type Shape = GeoJSON.Polygon | GeoJSON.MultiPolygon;
export type DistrictFeature = GeoJSON.Feature<Shape | null, DistrictProperties>;

export interface DistrictsData {
  features: DistrictFeature[];
  words: Record<keyof Omit<DistrictProperties, "code" | "name">, string>;
}

const OUTLINE: L.PathOptions = { color: "#1f2937", weight: 1.2, opacity: 0.9, fill: false };
const CHOSEN: L.PathOptions = { color: "#b91c1c", weight: 3.5 };

/** The layer; `factsOf` tells in words what the table says of a district. */
export class DistrictsLayer extends L.FeatureGroup {
  private readonly names: L.Marker[];
  private readonly shapes = new Map<string, L.GeoJSON>();
  private readonly features: DistrictFeature[];
  private readonly words: DistrictsData["words"];

  constructor(data: DistrictsData) {
    super();
    this.features = data.features.filter((feature) => feature.geometry !== null);
    this.words = data.words;
    this.names = this.features.map(nameOf);
    for (const name of this.names) this.addLayer(name);
    for (const feature of this.features) {
      const shape = L.geoJSON(feature, { interactive: false, style: () => ({ ...OUTLINE }) });
      this.shapes.set(feature.properties.code, shape);
      this.addLayer(shape);
    }
  }

  override onAdd(map: L.Map): this {
    super.onAdd(map);
    map.on("zoomend", this.thinNames, this);
    this.thinNames();
    return this;
  }

  override onRemove(map: L.Map): this {
    map.off("zoomend", this.thinNames, this);
    return super.onRemove(map);
  }

  /** The district that covers a place, if one does. */
  districtAt(place: L.LatLng): DistrictFeature | null {
    return this.features.find((one) => one.geometry && covers(one.geometry, place)) ?? null;
  }

  /** What the table says of a district, one fact a line. */
  factsOf({ properties }: DistrictFeature): string[] {
    const facts: string[] = [];
    for (const name of ["stations", "residents", "served", "uncovered", "backed_up"] as const) {
      const value = properties[name];
      if (value === undefined) continue;
      facts.push(this.words[name].replace("{number}", value.toLocaleString("en-US")));
    }
    return facts;
  }

  /** Mark one district, or none, and return its bounds. */
  mark(code: string | null): L.LatLngBounds | null {
    for (const [own, shape] of this.shapes) shape.setStyle(own === code ? CHOSEN : OUTLINE);
    const chosen = code === null ? undefined : this.shapes.get(code);
    chosen?.bringToFront();
    return chosen?.getBounds() ?? null;
  }

  /** Hide a name that would lie on another one: every outline still has its pop-up. */
  private thinNames(): void {
    const taken: DOMRect[] = [];
    for (const name of this.names) {
      const text = name.getElement()?.firstElementChild as HTMLElement | null;
      if (!text) continue;
      const box = text.getBoundingClientRect();
      const hidden = taken.some((other) => overlap(other, box));
      text.style.visibility = hidden ? "hidden" : "visible";
      if (!hidden) taken.push(box);
    }
  }
}

function nameOf(feature: DistrictFeature): L.Marker {
  const [lon, lat] = labelPoint(feature.geometry as Shape);
  const text = document.createElement("span");
  text.textContent = feature.properties.name;
  const icon = L.divIcon({ className: "district-name", html: text, iconSize: [0, 0] });
  return L.marker([lat, lon], { icon, interactive: false, keyboard: false });
}

function overlap(a: DOMRect, b: DOMRect): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function covers(shape: Shape, place: L.LatLng): boolean {
  const parts = shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates;
  return parts.some((rings) => rings.filter((ring) => isAround(ring, place)).length % 2 === 1);
}

/** Even-odd rule: an odd number of edges crosses the ray to the east. */
function isAround(ring: GeoJSON.Position[], { lng, lat }: L.LatLng): boolean {
  let odd = false;
  for (let i = 1; i < ring.length; i += 1) {
    const [x1 = 0, y1 = 0] = ring[i - 1] ?? [];
    const [x2 = 0, y2 = 0] = ring[i] ?? [];
    if (y1 > lat !== y2 > lat && lng < x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1)) odd = !odd;
  }
  return odd;
}
