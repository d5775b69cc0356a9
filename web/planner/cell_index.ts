// Where each cell lies in the map's plane, in buckets, so that a tile reads only its own.

import { cellToBoundary, cellToLatLng, getHexagonEdgeLengthAvg, UNITS } from "h3-js";
import * as L from "leaflet";
import type { Cells } from "./cell_data";

const BUCKETS = 64;

/** Cells in the plane at zoom 0. */
export class CellIndex {
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
    private readonly cells: Pick<Cells, "count" | "low" | "high">,
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
