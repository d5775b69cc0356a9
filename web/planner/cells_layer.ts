// Cells by band on one canvas grid: squares while a cell is a few pixels wide, hexagons above.

import { latLngToCell } from "h3-js";
import * as L from "leaflet";
import {
  bandOf,
  type CellLayerName,
  type Cells,
  indexOfCell,
  type PackedCells,
  shownOf,
  uncoveredOf,
  unpackCells,
} from "./cell_data";
import { CellIndex } from "./cell_index";
import { countWords } from "./numbers";

/** How one layer paints: bands with colours, and those of cells without a value. */
export interface Paints {
  upto: (number | null)[];
  colours: string[];
  /** Of cells without a value where somebody lives; null leaves them unpainted. */
  beyond: string | null;
  /** Of cells without a known way. */
  off_streets: string | null;
}

export interface CellsData {
  res: number;
  limit_minutes: number;
  packed: PackedCells;
  layers: Record<CellLayerName, Paints>;
  opacity: number;
  words: Record<string, string>;
}

const TILE_PX = 512;
// Below this width in pixels a hexagon cannot be told from a square, and costs ten times more.
const HEXAGON_FROM_PX = 5;

/** The cells of a map, which all of its layers share. */
export class CellField {
  readonly cells: Cells;
  private index: CellIndex | null = null;

  constructor(
    readonly data: CellsData,
    cells?: Cells,
  ) {
    this.cells = cells ?? unpackCells(data.packed);
  }

  /** The same cells in the same places, with other values. */
  with(cells: Cells): CellField {
    const made = new CellField(this.data, cells);
    made.index = this.index;
    return made;
  }

  /** Where they lie; null for none. A map has one plane. */
  indexOn(crs: L.CRS): CellIndex | null {
    if (this.cells.count > 0) this.index ??= new CellIndex(this.cells, crs, this.data.res);
    return this.index;
  }

  /** The index of the cell at a place; -1 outside all cells. */
  at(place: L.LatLng): number {
    return indexOfCell(this.cells, latLngToCell(place.lat, place.lng, this.data.res));
  }

  /** What a cell says, one fact a line: first that of the layer. */
  facts(i: number, layer: CellLayerName): string[] {
    const { cells } = this;
    const { words } = this.data;
    const minutes = cells.minutes[i] as number;
    const residents = cells.residents[i] as number;
    const reached = !Number.isNaN(minutes);
    const lost = !reached && (cells.notRoutable[i] as number) > 0;
    const way = lost
      ? filled(words.cell_off_streets)
      : reached
        ? filled(words.cell_minutes, { minutes: minutes.toFixed(1) })
        : filled(words.cell_beyond, { minutes: String(this.data.limit_minutes) });
    const facts: Record<CellLayerName, string> = {
      minutes: way,
      gap: filled(words.cell_gap, { people: countWords(uncoveredOf(cells, i)) }),
      backup: filled(words.cell_backup, { count: countWords(cells.reachedBy[i] as number) }),
    };
    const others = [
      filled(words.cell_residents, { people: countWords(residents) }),
      ...(["minutes", "backup", "gap"] as const)
        .filter((other) => other !== layer)
        .map((other) => facts[other]),
    ];
    return [facts[layer], ...others];
  }
}

/** One layer of the field. */
export class CellsLayer extends L.GridLayer {
  private readonly paint: Int8Array;
  private readonly colours: string[];

  constructor(
    readonly field: CellField,
    readonly layer: CellLayerName,
    paneName = "cells",
  ) {
    super({
      tileSize: TILE_PX,
      pane: paneName,
      opacity: field.data.opacity,
      updateWhenZooming: false,
    });
    const paints = field.data.layers[layer];
    const { beyond, off_streets: off } = paints;
    this.colours = [...paints.colours, beyond ?? "", off ?? beyond ?? ""];
    this.paint = paintOf(field.cells, layer, paints);
  }

  override onAdd(map: L.Map): this {
    ensurePane(map, this.options.pane as string);
    this.field.indexOn(map.options.crs ?? L.CRS.EPSG3857);
    this.once("load", () => {
      performance.mark("cells-drawn");
      map.getContainer().dataset.cells = String(this.field.cells.count);
    });
    return super.onAdd(map);
  }

  override createTile(coords: L.Coords): HTMLElement {
    const canvas = L.DomUtil.create("canvas", "cells-tile");
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = TILE_PX * ratio;
    canvas.height = TILE_PX * ratio;
    const context = canvas.getContext("2d");
    const index = this.field.indexOn(this._map.options.crs ?? L.CRS.EPSG3857);
    if (context && index) {
      const scale = 2 ** coords.z;
      const from = L.point(coords.x * TILE_PX, coords.y * TILE_PX).divideBy(scale);
      const to = from.add(L.point(TILE_PX, TILE_PX).divideBy(scale));
      fillCells(
        context,
        index,
        { paint: this.paint, colours: this.colours },
        from,
        to,
        scale,
        ratio,
      );
    }
    return canvas;
  }
}

/** A pane under the outlines, which lets clicks through. */
export function ensurePane(map: L.Map, name: string): HTMLElement {
  const found = map.getPane(name);
  if (found) return found;
  const pane = map.createPane(name);
  pane.style.zIndex = "300";
  pane.style.pointerEvents = "none";
  return pane;
}

/** Which colour each cell has, by place; UNPAINTED for none. */
export interface Painting {
  paint: Int8Array;
  colours: readonly string[];
}

export const UNPAINTED = -1;

function paintOf(cells: Cells, layer: CellLayerName, paints: Paints): Int8Array {
  const paint = new Int8Array(cells.count);
  const beyond = paints.colours.length;
  for (let i = 0; i < cells.count; i += 1) {
    const band = bandOf(shownOf(cells, layer, i), paints.upto);
    if (band >= 0) paint[i] = band;
    else if (paints.beyond === null) paint[i] = UNPAINTED;
    else if ((cells.notRoutable[i] as number) > 0) paint[i] = beyond + 1;
    else paint[i] = (cells.residents[i] as number) > 0 ? beyond : UNPAINTED;
  }
  return paint;
}

/** Paint the cells that touch a box of the plane at zoom 0. */
export function fillCells(
  context: CanvasRenderingContext2D,
  index: CellIndex,
  { paint, colours }: Painting,
  from: L.Point,
  to: L.Point,
  scale: number,
  ratio: number,
): void {
  const pixels = scale * ratio;
  const asHexagon = index.halfSide * 2 * scale >= HEXAGON_FROM_PX;
  let last = UNPAINTED;
  index.forEachIn(from, to, (i) => {
    const band = paint[i] as number;
    if (band === UNPAINTED) return;
    if (band !== last) {
      context.fillStyle = colours[band] ?? "#000";
      last = band;
    }
    if (asHexagon) fillHexagon(context, index, i, from, pixels);
    else fillSquare(context, index, i, from, pixels);
  });
}

function fillSquare(
  context: CanvasRenderingContext2D,
  index: CellIndex,
  i: number,
  from: L.Point,
  pixels: number,
): void {
  const half = index.halfSide * pixels;
  const left = Math.round(((index.x[i] as number) - from.x) * pixels - half);
  const top = Math.round(((index.y[i] as number) - from.y) * pixels - half);
  const side = Math.ceil(half * 2 + 0.5);
  context.fillRect(left, top, side, side);
}

/** Grown by under half a pixel while small, so that no ground shows between neighbours. */
function fillHexagon(
  context: CanvasRenderingContext2D,
  index: CellIndex,
  i: number,
  from: L.Point,
  pixels: number,
): void {
  const corners = index.cornersOf(i);
  const x = ((index.x[i] as number) - from.x) * pixels;
  const y = ((index.y[i] as number) - from.y) * pixels;
  const radius = index.halfSide * pixels;
  const grow = radius > 20 ? 1 - 1 / radius : 1 + 0.45 / radius;
  context.beginPath();
  for (let corner = 0; corner < corners.length; corner += 2) {
    const cornerX = ((corners[corner] as number) - from.x) * pixels;
    const cornerY = ((corners[corner + 1] as number) - from.y) * pixels;
    context.lineTo(x + (cornerX - x) * grow, y + (cornerY - y) * grow);
  }
  context.fill();
}

/** A text with its `{names}` filled in. */
export function filled(template: string | undefined, values: Record<string, string> = {}): string {
  return (template ?? "").replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}
