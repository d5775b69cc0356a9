// Stations of one kind on the canvas, in its shape; names go in as text, never as markup.

import * as L from "leaflet";
import { POPUP, popupContent } from "./popup";
import { type Corner, ShapeMarker } from "./shape_marker";

interface Place {
  at: [lon: number, lat: number];
  name: string;
  code: string;
  status: string;
  /** At the instant that was asked for; null: not known. */
  open: boolean | null;
}

export interface StationsData {
  kind: string;
  colour: string;
  /** Corners from -1 to 1, y down; none for a circle. */
  shape: readonly Corner[];
  places: Place[];
  statuses: Record<string, string>;
  shut: string;
  unknown: string;
}

const HOLLOW = "#ffffff";

/** The layer; marks grow with the zoom, so that a city of them stays readable. */
export class StationsLayer extends L.LayerGroup {
  /** What else the pop-up of a station has, by its code. */
  static more: (code: string) => HTMLElement | null = () => null;

  private readonly marks: ShapeMarker[];
  private readonly byCode = new Map<string, ShapeMarker>();
  private readonly names = new Map<string, string>();

  constructor(data: StationsData) {
    super();
    this.marks = data.places.map((place) => mark(place, data));
    for (const one of this.marks) this.addLayer(one);
    data.places.forEach((place, i) => {
      this.byCode.set(place.code, this.marks[i] as ShapeMarker);
      this.names.set(place.code, place.name);
    });
  }

  /** The mark of a station, if it is in this layer. */
  find(code: string): ShapeMarker | null {
    return this.byCode.get(code) ?? null;
  }

  /** The name of a station, if it is in this layer. */
  nameOf(code: string): string | null {
    return this.names.get(code) ?? null;
  }

  override onAdd(map: L.Map): this {
    this.resize(map);
    map.on("zoomend", this.onZoom, this);
    return super.onAdd(map);
  }

  override onRemove(map: L.Map): this {
    map.off("zoomend", this.onZoom, this);
    return super.onRemove(map);
  }

  private onZoom(event: L.LeafletEvent): void {
    this.resize(event.target as L.Map);
  }

  private resize(map: L.Map): void {
    const zoom = map.getZoom();
    // Over a whole city a circle of served cells is 4 px wide: the dots must not hide it.
    const radius = zoom < 9.5 ? 1.3 : zoom < 11 ? 2 : zoom < 12.5 ? 3.5 : zoom < 14 ? 5 : 7;
    const weight = zoom < 11 ? 0 : 1;
    for (const one of this.marks) {
      one.setRadius(radius);
      if (one.options.fillColor !== HOLLOW) one.setStyle({ weight });
    }
  }
}

function mark(place: Place, data: StationsData): ShapeMarker {
  const [lon, lat] = place.at;
  const counts = place.status === "active" && place.open === true;
  const made = new ShapeMarker([lat, lon], data.shape, {
    radius: 3,
    weight: 1,
    color: counts ? "#ffffff" : data.colour,
    fillColor: counts ? data.colour : HOLLOW,
    fillOpacity: 1,
    bubblingMouseEvents: false,
  });
  const then = place.open === true ? [] : [place.open === null ? data.unknown : data.shut];
  const facts = [data.kind, data.statuses[place.status] ?? place.status, ...then, place.code];
  made.bindPopup(() => {
    const content = popupContent(place.name, facts);
    const more = StationsLayer.more(place.code);
    if (more) content.append(more);
    return content;
  }, POPUP);
  return made;
}
