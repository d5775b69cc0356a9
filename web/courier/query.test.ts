import { describe, expect, it } from "vitest";
import { checkedHabits } from "./habits";
import {
  FIRST_QUESTION,
  leftOutLines,
  nearestPath,
  nextLimit,
  type Origin,
  toggled,
} from "./query";

const ORIGIN: Origin = { lon: 121.549312345, lat: 29.8704, by: "device", name: "", accuracyM: 20 };

function asked(path: string): Record<string, string> {
  return Object.fromEntries(new URL(path, "http://localhost").searchParams);
}

describe("nearestPath", () => {
  it("sends the position to five decimals and asks for what is open on arrival", () => {
    expect(asked(nearestPath(FIRST_QUESTION, ORIGIN))).toEqual({
      lon: "121.54931",
      lat: "29.8704",
      crs: "wgs84",
      kind: "rest_station",
      open: "on_arrival",
      profile: "walk",
      route: "include",
      sort: "minutes",
      limit: "5",
    });
  });

  it("asks for every kind by naming none", () => {
    expect(asked(nearestPath({ ...FIRST_QUESTION, kinds: [] }, ORIGIN))).not.toHaveProperty("kind");
  });

  it("includes unknown services only where services are asked for", () => {
    const lenient = { ...FIRST_QUESTION, includeUnknown: true };
    expect(asked(nearestPath(lenient, ORIGIN))).not.toHaveProperty("unknown");
    const wanted = { ...lenient, services: ["microwave", "toilet"] };
    expect(asked(nearestPath(wanted, ORIGIN))).toMatchObject({
      unknown: "include",
      service: "microwave,toilet",
    });
  });

  it("shows closed ones by asking for any", () => {
    const all = { ...FIRST_QUESTION, showClosed: true };
    expect(asked(nearestPath(all, ORIGIN)).open).toBe("any");
  });
});

describe("the rest of the question", () => {
  it("toggles without changing the list given", () => {
    const kinds = ["a"];
    expect(toggled(kinds, "b")).toEqual(["a", "b"]);
    expect(toggled(kinds, "a")).toEqual([]);
    expect(kinds).toEqual(["a"]);
  });

  it("steps the limit up to fifty and stays there", () => {
    expect([5, 15, 50].map(nextLimit)).toEqual([15, 50, 50]);
  });

  it("offers a remedy where there is one, and drops empty reasons", () => {
    const lines = leftOutLines({ service_unknown: 7, closed: 2, other: 1, none: 0 }, "");
    expect(lines.map((line) => line.remedy)).toEqual(["include_unknown", "show_closed", null]);
  });
});

describe("checkedHabits", () => {
  it("takes what it knows and nothing else", () => {
    expect(checkedHabits({ profile: "ebike", kinds: ["rest_station"], lon: 121.5 })).toEqual({
      profile: "ebike",
      kinds: ["rest_station"],
    });
    expect(checkedHabits({ profile: "rocket", kinds: ["<b>"] })).toEqual({});
    expect(checkedHabits(null)).toEqual({});
  });
});
