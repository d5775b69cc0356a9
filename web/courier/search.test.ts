import { describe, expect, it, vi } from "vitest";
import type { SearchHit } from "../shared/types";

vi.mock("../shared/page", async () => ({
  config: { lang: "zh" },
  messages: (await import("../messages/zh.json")).default,
}));

const { hitDetail, searchPath } = await import("./search");

function hit(properties: Partial<SearchHit["properties"]>): SearchHit {
  const rest = { name_en: null, area: null, address: null, match: "name", distance_m: null };
  const kinds = { kind: "square", kind_zh: "广场", kind_en: "Square" };
  return {
    type: "Feature",
    id: "X",
    geometry: null,
    properties: { type: "place", code: "X", name: "天一广场", ...rest, ...kinds, ...properties },
  };
}

describe("searchPath", () => {
  it("sends a rounded position, and none where there is none", () => {
    expect(searchPath("ty", null)).toBe("/v1/search?q=ty&crs=wgs84&limit=8");
    expect(searchPath("天一", { lon: 121.5500449, lat: 29.87 })).toContain(
      "lon=121.55004&lat=29.87",
    );
  });
});

describe("hitDetail", () => {
  it("says what it is, where, and how far", () => {
    const area = { code: "330203", name: "海曙区" };
    expect(hitDetail(hit({ area, distance_m: 1234 }))).toBe("广场 · 海曙区 · 1.2 公里");
    expect(hitDetail(hit({ type: "area", kind_zh: "区" }))).toBe("区");
  });

  it("gives a station's address before its area", () => {
    const area = { code: "330203", name: "海曙区" };
    const words = hitDetail(
      hit({ type: "station", kind_zh: "驿站", area, address: "中山路 1 号" }),
    );
    expect(words).toBe("驿站 · 中山路 1 号");
  });
});
