import { describe, expect, it } from "vitest";
import { gcj02ToWgs84, wgs84ToGcj02 } from "./gcj02";

const NINGBO_BOX = { west: 120.9, east: 122.3, south: 28.8, north: 30.5 };

describe("GCJ-02", () => {
  // Half-way to the published BD-09 point [116.41661560068297, 39.92196580126834].
  it("shifts the golden point", () => {
    const [lon, lat] = wgs84ToGcj02([116.403988, 39.914266]);
    expect(lon).toBeCloseTo(116.41023240747, 9);
    expect(lat).toBeCloseTo(39.91567025111, 9);
  });

  it("finds the published inverse", () => {
    const [lon, lat] = gcj02ToWgs84([123, 45]);
    expect(lon).toBeCloseTo(122.99395597, 6);
    expect(lat).toBeCloseTo(44.99804071, 6);
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

  it("moves nothing outside China", () => {
    expect(wgs84ToGcj02([7.42, 43.74])).toEqual([7.42, 43.74]);
    expect(gcj02ToWgs84([7.42, 43.74])).toEqual([7.42, 43.74]);
  });
});
