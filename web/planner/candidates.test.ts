import { describe, expect, it } from "vitest";
import { listedPoints } from "./candidates";

describe("a list of points", () => {
  it("takes commas, blanks, tabs and Chinese commas, and skips empty lines", () => {
    const { points, wrongLine } = listedPoints(
      "121.55,29.87\n121.6 29.9\r\n\n121.5\t29.8\n 121.7，29.7 \n121,29;",
    );
    expect(wrongLine).toBe(6);
    expect(points).toEqual([
      { lon: 121.55, lat: 29.87 },
      { lon: 121.6, lat: 29.9 },
      { lon: 121.5, lat: 29.8 },
      { lon: 121.7, lat: 29.7 },
    ]);
  });

  it("names the first line that is no point", () => {
    for (const line of ["29.87", "121.5,29.8,3", "181,29", "121,91", "a,b", "1e2,3", "121.5,"]) {
      expect(listedPoints(`121.5,29.8\n${line}\n`)).toEqual({
        points: [{ lon: 121.5, lat: 29.8 }],
        wrongLine: 2,
      });
    }
  });

  it("of nothing is nothing", () => {
    expect(listedPoints(" \n\n")).toEqual({ points: [], wrongLine: null });
  });
});
