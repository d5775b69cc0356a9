// What is tried out, on the map: new and moved places, closed stations, and the cells that change.

import * as L from "leaflet";
import { CellIndex } from "./cell_index";
import { ensurePane, fillCells } from "./cells_layer";
import { CHANGES, type ChangedCells, changeOf } from "./changes";
import type { Place } from "./edits";
import type { Outline } from "./messages";

const TILE_PX = 512;
// ColorBrewer's PuOr turned: blue for better, orange for worse; of every colour vision.
export const CHANGE_COLOURS = ["#08519c", "#6baed6", "#fd8d3c", "#a63603"];

/** The cells that change, coloured by how. */
export class ChangesLayer extends L.GridLayer {
  private index: CellIndex | null = null;
  private readonly paint: Int8Array;
  private readonly places = new Map<string, number>();

  constructor(readonly changed: ChangedCells) {
    super({ tileSize: TILE_PX, pane: "changes", updateWhenZooming: false });
    this.paint = Int8Array.from(changed.cells, (_, i) => CHANGES.indexOf(changeOf(changed, i)));
    changed.cells.forEach((cell, i) => {
      this.places.set(cell, i);
    });
  }

  /** The place of a cell in the lists; -1 where nothing changes. */
  find(cell: string): number {
    return this.places.get(cell) ?? -1;
  }

  override onAdd(map: L.Map): this {
    ensurePane(map, "changes").style.zIndex = "310";
    const { cells, res } = this.changed;
    if (cells.length > 0) {
      const halves = {
        count: cells.length,
        low: Uint32Array.from(cells, (cell) => Number.parseInt(cell.slice(-8), 16)),
        high: Uint32Array.from(cells, (cell) => Number.parseInt(cell.slice(0, -8), 16)),
      };
      this.index ??= new CellIndex(halves, map.options.crs ?? L.CRS.EPSG3857, res);
    }
    return super.onAdd(map);
  }

  override createTile(coords: L.Coords): HTMLElement {
    const canvas = L.DomUtil.create("canvas", "changes-tile");
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = TILE_PX * ratio;
    canvas.height = TILE_PX * ratio;
    const context = canvas.getContext("2d");
    if (context && this.index) {
      const scale = 2 ** coords.z;
      const from = L.point(coords.x * TILE_PX, coords.y * TILE_PX).divideBy(scale);
      const to = from.add(L.point(TILE_PX, TILE_PX).divideBy(scale));
      const painting = { paint: this.paint, colours: CHANGE_COLOURS };
      fillCells(context, this.index, painting, from, to, scale, ratio);
    }
    return canvas;
  }
}

/** A mark with a few letters on it, which can be dragged where `onDrag` is given. */
export function mark(
  place: Place,
  letters: string,
  name: string,
  className: string,
  onDrag?: (place: Place) => void,
): L.Marker {
  const text = document.createElement("span");
  text.textContent = letters;
  const made = L.marker([place.lat, place.lon], {
    icon: L.divIcon({ className: `tried-mark ${className}`, html: text, iconSize: [32, 32] }),
    draggable: onDrag !== undefined,
    title: name,
    alt: name,
    zIndexOffset: 1000,
  });
  if (onDrag) {
    made.on("dragend", () => {
      const { lat, lng } = made.getLatLng();
      onDrag({ lon: lng, lat });
    });
  }
  return made;
}

/** Show an area that is drawn, in the place of what was shown. */
export function drawOutline(group: L.LayerGroup, { corners, isClosed }: Outline): void {
  group.clearLayers();
  const places = corners.map(({ lat, lon }) => L.latLng(lat, lon));
  const style = { color: "#1c1917", weight: 3, dashArray: "8 6", interactive: false };
  group.addLayer(
    isClosed ? L.polygon(places, { ...style, fillOpacity: 0.08 }) : L.polyline(places, style),
  );
  if (isClosed) return;
  for (const place of places) {
    const dot = { ...style, dashArray: undefined, radius: 5, fillColor: "#fff", fillOpacity: 1 };
    group.addLayer(L.circleMarker(place, dot));
  }
}
