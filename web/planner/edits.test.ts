import { describe, expect, it } from "vitest";
import {
  isEmpty,
  NO_EDITS,
  withAdded,
  withAddedAt,
  withClosed,
  withMoved,
  withoutAdded,
  withStationAsItIs,
} from "./edits";

const HERE = { lon: 121.5, lat: 29.8 };
const THERE = { lon: 121.60000001, lat: 29.9 };

describe("what is tried out", () => {
  it("is empty at first and after everything was taken back", () => {
    expect(isEmpty(NO_EDITS)).toBe(true);
    const edits = withAdded(NO_EDITS, HERE, 120);
    expect(isEmpty(edits)).toBe(false);
    expect(isEmpty(withoutAdded(edits, 0))).toBe(true);
    expect(isEmpty(withStationAsItIs(withClosed(NO_EDITS, "A"), "A"))).toBe(true);
  });

  it("moves an added place and keeps its capacity", () => {
    const edits = withAddedAt(withAdded(NO_EDITS, HERE, 120), 0, THERE);
    expect(edits.add).toEqual([{ lon: 121.6, lat: 29.9, capacity_per_day: 120 }]);
  });

  it("moves or closes a station, never both, and moves it once", () => {
    const moved = withMoved(withMoved(NO_EDITS, "A", HERE), "A", THERE);
    expect(moved.move).toEqual([{ code: "A", lon: 121.6, lat: 29.9 }]);
    const closed = withClosed(moved, "A");
    expect(closed).toEqual({ add: [], move: [], close: ["A"] });
    expect(withClosed(closed, "A").close).toEqual(["A"]);
    expect(withMoved(closed, "A", HERE).close).toEqual([]);
  });
});
