import { describe, expect, it } from "vitest";
import { sorted } from "./sorting";
import { GRAVEST_FIRST, STATION_COLUMNS, type StationReach } from "./station_rows";

function station(code: string, part: Partial<StationReach> = {}): StationReach {
  return {
    code,
    name: code,
    capacity_per_day: null,
    residents: 0,
    only_residents: 0,
    workers_served: 0,
    shed_ratio: null,
    ...part,
  };
}

const codes = (rows: StationReach[]): string[] => rows.map(({ code }) => code);

describe("the stations in order", () => {
  const rows = [
    station("A", { only_residents: 5, shed_ratio: 0.4 }),
    station("B", { only_residents: 90, capacity_per_day: 30 }),
    station("C", { only_residents: 20, shed_ratio: 0.7, capacity_per_day: 8 }),
  ];

  it("begins with those who leave most people without", () => {
    expect(codes(sorted(rows, STATION_COLUMNS, GRAVEST_FIRST))).toEqual(["B", "C", "A"]);
  });

  it("puts what is not known last, up and down", () => {
    const by = (key: string, descending: boolean): string[] =>
      codes(sorted(rows, STATION_COLUMNS, { key, descending }));
    expect(by("shed_ratio", true)).toEqual(["C", "A", "B"]);
    expect(by("shed_ratio", false)).toEqual(["A", "C", "B"]);
    expect(by("capacity_per_day", true)).toEqual(["B", "C", "A"]);
  });

  it("leaves the answer as it was", () => {
    sorted(rows, STATION_COLUMNS, { key: "name", descending: true });
    expect(codes(rows)).toEqual(["A", "B", "C"]);
  });
});
