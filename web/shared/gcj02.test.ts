import { describe, expect, it } from "vitest";
// geo/coordinates.py is held to the same file: tests/geo/test_coordinates.py
import vectors from "../../tests/geo/datum_vectors.json";
import { gcj02ToWgs84, type LonLat, wgs84ToGcj02 } from "./gcj02";

const METRES_PER_DEGREE = 111_320;
const NINGBO_BOX = { west: 120.9, east: 122.3, south: 28.8, north: 30.5 };

function pair(degrees: number[]): LonLat {
  const [lon, lat] = degrees;
  if (lon === undefined || lat === undefined) throw new Error("a pair of degrees is needed");
  return [lon, lat];
}

function expectNear(found: LonLat, expected: number[], withinDegrees: number): void {
  const [lon, lat] = pair(expected);
  expect(Math.abs(found[0] - lon)).toBeLessThan(withinDegrees);
  expect(Math.abs(found[1] - lat)).toBeLessThan(withinDegrees);
}

describe("GCJ-02", () => {
  it.each(vectors.points)("shifts $place and back", ({ wgs84, gcj02 }) => {
    expectNear(wgs84ToGcj02(pair(wgs84)), gcj02, 1e-10);
    expectNear(gcj02ToWgs84(pair(gcj02)), wgs84, 1e-10);
  });

  it("finds the published inverse", () => {
    const published = vectors.published.filter(
      (each) => each.source === "gcj02" && each.target === "wgs84",
    );
    expect(published).toHaveLength(1);
    for (const { given, expected, within_m } of published) {
      expectNear(gcj02ToWgs84(pair(given)), expected, within_m / METRES_PER_DEGREE);
    }
  });

  it("comes back to where it started, all over Ningbo", () => {
    for (let east = 0; east <= 10; east += 1) {
      for (let north = 0; north <= 10; north += 1) {
        const lon = NINGBO_BOX.west + ((NINGBO_BOX.east - NINGBO_BOX.west) * east) / 10;
        const lat = NINGBO_BOX.south + ((NINGBO_BOX.north - NINGBO_BOX.south) * north) / 10;
        const [backLon, backLat] = gcj02ToWgs84(wgs84ToGcj02([lon, lat]));
        expect(Math.abs(backLon - lon)).toBeLessThan(1e-9);
        expect(Math.abs(backLat - lat)).toBeLessThan(1e-9);
      }
    }
  });

  it.each(vectors.unshifted)("moves nothing outside China: $place", ({ point }) => {
    expect(wgs84ToGcj02(pair(point))).toEqual(point);
    expect(gcj02ToWgs84(pair(point))).toEqual(point);
  });
});
