import { describe, expect, it } from "vitest";
import { labelPoint } from "./label_point";

function contains(ring: number[][], [x, y]: [number, number]): boolean {
  let inside = false;
  for (let at = 0, before = ring.length - 1; at < ring.length; before = at, at += 1) {
    const [x1 = 0, y1 = 0] = ring[at] ?? [];
    const [x2 = 0, y2 = 0] = ring[before] ?? [];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

describe("labelPoint", () => {
  it("lies inside a horseshoe, whose centre of mass does not", () => {
    const horseshoe = [
      [0, 0],
      [10, 0],
      [10, 10],
      [9, 10],
      [9, 1],
      [1, 1],
      [1, 10],
      [0, 10],
      [0, 0],
    ];
    const place = labelPoint({ type: "Polygon", coordinates: [horseshoe] });
    expect(contains(horseshoe, place)).toBe(true);
    expect(contains(horseshoe, [5, 5])).toBe(false);
  });

  it("chooses the mainland, not an island", () => {
    const square = (x: number, size: number) => [
      [x, 0],
      [x + size, 0],
      [x + size, size],
      [x, size],
      [x, 0],
    ];
    const coordinates = [[square(100, 1)], [square(0, 20)]];
    expect(labelPoint({ type: "MultiPolygon", coordinates })[0]).toBe(10);
  });
});
