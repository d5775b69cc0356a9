import { describe, expect, it } from "vitest";
import type { Cells } from "./cell_data";
import { type ChangedCells, cellsAfter, changeOf, residentsByChange } from "./changes";

const CHANGED: ChangedCells = {
  res: 9,
  cells: ["0000000000000001", "0000000000000002", "0000000000000003", "0000000000000004"],
  minutes_before: [null, 9, 4, 5],
  minutes_after: [8, null, 4, 3],
  reached_by_before: [0, 1, 1, 1],
  reached_by_after: [1, 0, 2, 1],
  residents: [10, 20, 30, 40],
  residents_gained: [10, -20, 0, 0],
  workers_gained: [1, -1, 0, 0],
};

describe("what changes", () => {
  it("is told cell by cell", () => {
    const told = CHANGED.cells.map((_, i) => changeOf(CHANGED, i));
    expect(told).toEqual(["gained", "lost", "better", "better"]);
  });

  it("is for the worse where the nearest is farther or fewer are in reach", () => {
    const farther = { ...CHANGED, minutes_after: [null, 9, 6, 5], reached_by_after: [0, 1, 1, 0] };
    expect([2, 3].map((i) => changeOf(farther, i))).toEqual(["worse", "worse"]);
  });

  it("counts each cell's residents once", () => {
    const sums = residentsByChange(CHANGED);
    expect(sums).toEqual({ gained: 10, lost: 20, better: 70, worse: 0 });
  });

  it("is laid over the cells as they are", () => {
    const column = (...numbers: number[]): Float64Array => Float64Array.from(numbers);
    const cells: Cells = {
      count: 3,
      low: Uint32Array.from([1, 2, 9]),
      high: new Uint32Array(3),
      minutes: column(Number.NaN, 9, 1),
      residents: column(10, 20, 5),
      reachedBy: column(0, 1, 1),
      notRoutable: column(0, 0, 0),
    };
    const after = cellsAfter(cells, CHANGED);
    expect([...after.minutes]).toEqual([8, Number.NaN, 1]);
    expect([...after.reachedBy]).toEqual([1, 0, 1]);
    expect([...cells.reachedBy]).toEqual([0, 1, 1]);
  });
});
