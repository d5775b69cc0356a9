// Cells by band on one canvas grid: squares while a cell is a few pixels wide, hexagons above.

import { cellToBoundary, cellToLatLng, getHexagonEdgeLengthAvg, latLngToCell, UNITS } from "h3-js";
import * as L from "leaflet";
import { bandOf, type Cells, indexOfCell, type PackedCells, unpackCells } from "./cell_data";

export interface CellsData {
  layer: "minutes" | "gap";
  res: number;
  limit_minutes: number;
  packed: PackedCells;
  upto: (number | null)[];
  colours: string[];
  /** The colour of cells without a value where somebody lives; null leaves them unpainted. */
  beyond: string | null;
  opacity: number;
  words: Record<string, string>;
}

const TILE_PX = 512;
const PANE = "cells";
// Below this width in pixels a hexagon cannot be told from a square, and costs ten times more.
const HEXAGON_FROM_PX = 5;
const BUCKETS = 64;
const UNPAINTED = -2;

/** All cells in the map's plane at zoom 0, in buckets, so that a tile reads only its own. */
class CellIndex {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Half the width of a cell's square, and the reach of its corners, at zoom 0. */
  readonly halfSide: number;
  readonly reach: number;
  private readonly box: L.Bounds;
  private readonly starts: Int32Array;
  private readonly members: Int32Array;
  private readonly corners = new Map<number, Float64Array>();

  constructor(
    private readonly cells: Cells,
    private readonly crs: L.CRS,
    res: number,
  ) {
    const { count } = cells;
    this.x = new Float64Array(count);
    this.y = new Float64Array(count);
    const box = L.bounds([]);
    for (let i = 0; i < count; i += 1) {
      const [lat, lng] = cellToLatLng(this.id(i));
      const at = crs.latLngToPoint(L.latLng(lat, lng), 0);
      this.x[i] = at.x;
      this.y[i] = at.y;
      if (i === 0 || !box.contains(at)) box.extend(at);
    }
    this.box = box;
    const [lat, lng] = cellToLatLng(this.id(count >> 1));
    const edgeM = getHexagonEdgeLengthAvg(res, UNITS.m);
    const east = L.CRS.Earth.distance(L.latLng(lat, lng), L.latLng(lat, lng + 0.01)) / 0.01;
    const a = crs.latLngToPoint(L.latLng(lat, lng), 0);
    const b = crs.latLngToPoint(L.latLng(lat, lng + edgeM / east), 0);
    // Hexagons of one resolution differ by a fifth in size; the reach allows for it.
    this.reach = Math.abs(b.x - a.x) * 1.3;
    this.halfSide = Math.abs(b.x - a.x) * 0.806;
    [this.starts, this.members] = this.bucketed(count);
  }

  /** Call `visit` with the index of each cell that touches the box at zoom 0. */
  forEachIn(from: L.Point, to: L.Point, visit: (index: number) => void): void {
    const min = this.box.min as L.Point;
    const max = this.box.max as L.Point;
    if (to.x + this.reach < min.x || to.y + this.reach < min.y) return;
    if (from.x - this.reach > max.x || from.y - this.reach > max.y) return;
    const [left, top] = this.bucketAt(from.x - this.reach, from.y - this.reach);
    const [right, bottom] = this.bucketAt(to.x + this.reach, to.y + this.reach);
    for (let row = top; row <= bottom; row += 1) {
      const first = this.starts[row * BUCKETS + left] as number;
      const last = this.starts[row * BUCKETS + right + 1] as number;
      for (let place = first; place < last; place += 1) {
        visit(this.members[place] as number);
      }
    }
  }

  /** Corners of a cell at zoom 0: x, y, x, y and so on. */
  cornersOf(index: number): Float64Array {
    let found = this.corners.get(index);
    if (!found) {
      const boundary = cellToBoundary(this.id(index));
      found = new Float64Array(boundary.length * 2);
      boundary.forEach(([lat, lng], corner) => {
        const at = this.crs.latLngToPoint(L.latLng(lat, lng), 0);
        (found as Float64Array).set([at.x, at.y], corner * 2);
      });
      this.corners.set(index, found);
    }
    return found;
  }

  private id(index: number): [number, number] {
    return [this.cells.low[index] as number, this.cells.high[index] as number];
  }

  private bucketAt(x: number, y: number): [number, number] {
    const min = this.box.min as L.Point;
    const size = this.box.getSize();
    const clamp = (part: number): number =>
      Math.min(BUCKETS - 1, Math.max(0, Math.floor(part * BUCKETS) || 0));
    return [clamp((x - min.x) / size.x), clamp((y - min.y) / size.y)];
  }

  private bucketed(count: number): [Int32Array, Int32Array] {
    const bucket = new Int32Array(count);
    const starts = new Int32Array(BUCKETS * BUCKETS + 1);
    for (let i = 0; i < count; i += 1) {
      const [column, row] = this.bucketAt(this.x[i] as number, this.y[i] as number);
      const at = row * BUCKETS + column;
      bucket[i] = at;
      starts[at + 1] = (starts[at + 1] as number) + 1;
    }
    for (let at = 1; at < starts.length; at += 1) {
      starts[at] = (starts[at] as number) + (starts[at - 1] as number);
    }
    const next = starts.slice();
    const members = new Int32Array(count);
    for (let i = 0; i < count; i += 1) {
      const at = bucket[i] as number;
      members[next[at] as number] = i;
      next[at] = (next[at] as number) + 1;
    }
    return [starts, members];
  }
}

/** The layer; `factsAt` tells in words what the cell at a place says. */
export class CellsLayer extends L.GridLayer {
  private readonly cells: Cells;
  private readonly paint: Int8Array;
  private index: CellIndex | null = null;

  constructor(private readonly data: CellsData) {
    super({ tileSize: TILE_PX, pane: PANE, opacity: data.opacity, updateWhenZooming: false });
    this.cells = unpackCells(data.packed);
    this.paint = this.paintOf();
  }

  override onAdd(map: L.Map): this {
    if (!map.getPane(PANE)) {
      const pane = map.createPane(PANE);
      pane.style.zIndex = "300";
      pane.style.pointerEvents = "none";
    }
    const crs = map.options.crs ?? L.CRS.EPSG3857;
    if (this.cells.count > 0) this.index ??= new CellIndex(this.cells, crs, this.data.res);
    this.once("load", () => {
      performance.mark("cells-drawn");
      map.getContainer().dataset.cells = String(this.cells.count);
    });
    return super.onAdd(map);
  }

  override createTile(coords: L.Coords): HTMLElement {
    const canvas = L.DomUtil.create("canvas", "cells-tile");
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    canvas.width = TILE_PX * ratio;
    canvas.height = TILE_PX * ratio;
    const context = canvas.getContext("2d");
    if (context && this.index) this.draw(context, this.index, coords, ratio);
    return canvas;
  }

  /** What the cell at a place says, one fact a line; null outside all cells. */
  factsAt(place: L.LatLng): string[] | null {
    const at = indexOfCell(this.cells, latLngToCell(place.lat, place.lng, this.data.res));
    if (at < 0) return null;
    const { words } = this.data;
    const value = this.cells.values[at] as number;
    const facts = [];
    if (this.data.layer === "gap") {
      facts.push(filled(words.cell_gap, { people: grouped(Number.isNaN(value) ? 0 : value) }));
    } else if (Number.isNaN(value)) {
      facts.push(filled(words.cell_beyond, { minutes: String(this.data.limit_minutes) }));
    } else {
      facts.push(filled(words.cell_minutes, { minutes: value.toFixed(1) }));
    }
    const people = grouped(this.cells.residents[at] as number);
    facts.push(filled(words.cell_residents, { people }));
    return facts;
  }

  /** Which band each cell is painted in; -1 is beyond the limit. */
  private paintOf(): Int8Array {
    const { count, values, residents } = this.cells;
    const paint = new Int8Array(count);
    for (let i = 0; i < count; i += 1) {
      const band = bandOf(values[i] as number, this.data.upto);
      const shown = band >= 0 || (this.data.beyond !== null && (residents[i] as number) > 0);
      paint[i] = shown ? band : UNPAINTED;
    }
    return paint;
  }

  private draw(
    context: CanvasRenderingContext2D,
    index: CellIndex,
    coords: L.Coords,
    ratio: number,
  ): void {
    const scale = 2 ** coords.z;
    const from = L.point(coords.x * TILE_PX, coords.y * TILE_PX).divideBy(scale);
    const to = from.add(L.point(TILE_PX, TILE_PX).divideBy(scale));
    const pixels = scale * ratio;
    const asHexagon = index.halfSide * 2 * scale >= HEXAGON_FROM_PX;
    let last = UNPAINTED;
    index.forEachIn(from, to, (i) => {
      const band = this.paint[i] as number;
      if (band === UNPAINTED) return;
      if (band !== last) {
        context.fillStyle = (band < 0 ? this.data.beyond : this.data.colours[band]) ?? "#000";
        last = band;
      }
      if (asHexagon) fillHexagon(context, index, i, from, pixels);
      else fillSquare(context, index, i, from, pixels);
    });
  }
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

function filled(template: string | undefined, values: Record<string, string>): string {
  return (template ?? "").replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
