// A mark on the map's canvas with corners: Leaflet draws circles, and kinds differ by shape.

import * as L from "leaflet";

export type Corner = readonly [x: number, y: number];

/** Corners reach farther than a circle's edge, so that all shapes look equally large. */
export const CORNERS_REACH = 1.2;

/** What Leaflet's canvas has for its own paths, by its names. */
interface Canvas {
  _drawing: boolean;
  _ctx: CanvasRenderingContext2D;
  _fillStroke(context: CanvasRenderingContext2D, layer: L.Path): void;
}

interface Drawn {
  _renderer: Canvas;
  _point: L.Point;
  _radius: number;
  _empty(): boolean;
}

/** A circle marker that is drawn with corners; without any it is a circle. */
export class ShapeMarker extends L.CircleMarker {
  constructor(
    at: L.LatLngExpression,
    private readonly corners: readonly Corner[],
    options: L.CircleMarkerOptions,
  ) {
    super(at, options);
  }

  /** Called by Leaflet when the canvas is drawn. */
  _updatePath(): void {
    const drawn = this as unknown as Drawn;
    const canvas = drawn._renderer;
    if (this.corners.length === 0) {
      (canvas as unknown as { _updateCircle(layer: L.Path): void })._updateCircle(this);
      return;
    }
    if (!canvas._drawing || drawn._empty()) return;
    tracePath(canvas._ctx, this.corners, drawn._point.x, drawn._point.y, drawn._radius);
    canvas._fillStroke(canvas._ctx, this);
  }
}

/** Begin a path round a middle, as large as a circle of this radius. */
export function tracePath(
  context: CanvasRenderingContext2D,
  corners: readonly Corner[],
  x: number,
  y: number,
  radius: number,
): void {
  context.beginPath();
  if (corners.length === 0) context.arc(x, y, radius, 0, 2 * Math.PI);
  const reach = radius * CORNERS_REACH;
  for (const [right, down] of corners) context.lineTo(x + right * reach, y + down * reach);
  context.closePath();
}
