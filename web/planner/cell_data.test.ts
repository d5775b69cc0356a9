import { describe, expect, it } from "vitest";
import { bandOf, type Cells, indexOfCell, shownOf, unpackCells } from "./cell_data";

// Made by web/planner_cells.py; tests/web/test_planner_cells.py holds the other half.
const PACKED = {
  count: 4,
  first: "894b3066a43ffff",
  shift: 18,
  steps: "APLyPAIB",
  minutes: "2QQAlwEB",
  residents: "4KcSAH+AAQ==",
  reached_by: "AQACAw==",
  not_routable: "AAAAAA==",
};
const IDS = ["894b3066a43ffff", "894b343500bffff", "894b3435013ffff", "894b3435017ffff"];

describe("packed cells", () => {
  const cells = unpackCells(PACKED);

  it("come back with their ids", () => {
    const ids = IDS.map((_, i) => {
      const [low = 0, high = 0] = [cells.low[i], cells.high[i]];
      return high.toString(16) + low.toString(16).padStart(8, "0");
    });
    expect(ids).toEqual(IDS);
  });

  it("come back with their minutes and residents", () => {
    expect([...cells.minutes]).toEqual([60, Number.NaN, 15, 0]);
    expect([...cells.residents]).toEqual([300_000, 0, 127, 128]);
    expect([...cells.reachedBy]).toEqual([1, 0, 2, 3]);
    expect([...cells.notRoutable]).toEqual([0, 0, 0, 0]);
  });

  it("are found by id, and strangers are not", () => {
    expect(IDS.map((id) => indexOfCell(cells, id))).toEqual([0, 1, 2, 3]);
    expect(indexOfCell(cells, "894b343500fffff")).toBe(-1);
    expect(indexOfCell(cells, "8a4b34350107fff")).toBe(-1);
  });

  it("may be none at all", () => {
    const nothing = { steps: "", minutes: "", residents: "", reached_by: "", not_routable: "" };
    const none = unpackCells({ ...PACKED, count: 0, ...nothing });
    expect(none.count).toBe(0);
    expect(indexOfCell(none, IDS[0] as string)).toBe(-1);
  });

  it("are refused when they end early", () => {
    expect(() => unpackCells({ ...PACKED, count: 5 })).toThrow("end early");
  });

  it("keep the carry from the lower to the upper half of an id", () => {
    const { low, high } = unpackCells({
      count: 2,
      first: "89309a2fffc0000",
      shift: 18,
      steps: "AAE=",
      minutes: "AQE=",
      residents: "AAA=",
      reached_by: "AAA=",
      not_routable: "AAA=",
    });
    expect([high[1], low[1]]).toEqual([0x089309a3, 0]);
  });
});

describe("what a layer shows of a cell", () => {
  const column = (...numbers: number[]): Float64Array => Float64Array.from(numbers);
  const cells: Cells = {
    count: 3,
    low: new Uint32Array(3),
    high: new Uint32Array(3),
    minutes: column(4, Number.NaN, Number.NaN),
    residents: column(10, 20, 30),
    reachedBy: column(2, 0, 0),
    notRoutable: column(0, 0, 30),
  };

  it.each([
    ["minutes", [4, Number.NaN, Number.NaN]],
    ["gap", [Number.NaN, 20, Number.NaN]],
    ["backup", [2, Number.NaN, Number.NaN]],
  ] as const)("is, for %s, %s", (layer, expected) => {
    expect([0, 1, 2].map((i) => shownOf(cells, layer, i))).toEqual(expected);
  });
});

describe("the band of a value", () => {
  const upto = [3, 6, 9, 12, 15];

  it("has its upper end and not its lower one", () => {
    expect([0, 3, 3.1, 6, 15].map((value) => bandOf(value, upto))).toEqual([0, 0, 1, 1, 4]);
  });

  it("is none for no value and beyond the last end", () => {
    expect(bandOf(Number.NaN, upto)).toBe(-1);
    expect(bandOf(15.1, upto)).toBe(-1);
  });

  it("may have no upper end", () => {
    expect(bandOf(1e6, [9, 49, null])).toBe(2);
  });

  it("puts every tenth of a minute where the legend counts it", () => {
    for (const limit of [1, 5, 7, 10, 13, 15, 30, 60]) {
      const ends = [1, 2, 3, 4, 5].map((step) => (limit * step) / 5);
      for (let tenths = 0; tenths <= limit * 10; tenths += 1) {
        const expected = Math.max(0, Math.ceil((tenths * 5) / (limit * 10)) - 1);
        expect(bandOf(tenths / 10, ends)).toBe(expected);
      }
    }
  });
});
