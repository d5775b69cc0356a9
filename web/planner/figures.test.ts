import { describe, expect, it } from "vitest";
import {
  type AreaFigures,
  type Classes,
  type Coverage,
  columnsOf,
  columnsThatDoNotAddUp,
} from "./figures";
import { countWords, instantWords, shareWords } from "./numbers";
import { sorted } from "./sorting";

function classes(served: number, uncovered: number, withoutCapacity = 0): Classes {
  const total = served + uncovered + withoutCapacity;
  return { total, served, without_capacity: withoutCapacity, uncovered, not_routable: 0 };
}

function row(code: string, name: string, served: number, uncovered: number): AreaFigures {
  return {
    code,
    name,
    stations: 2,
    ...figures(classes(served, uncovered), classes(1, 2, 3), served),
  };
}

function figures(
  residents: Classes,
  workers: Classes,
  median: number | null,
): Omit<AreaFigures, "code" | "name" | "stations"> {
  const demand = { residents, workers };
  const backup = { "0": residents.uncovered, "1": residents.served, "2": 0, "3+": 0 };
  return {
    demand,
    backup,
    nearest: { median_minutes: median, p90_minutes: null },
    effective: { within_days: 180, stations: 1, demand, backup },
    single_points: { numberMatched: 0, stations: [] },
  };
}

const ROWS = [
  row("330203", "海曙区", 10, 90),
  row("330205", "江北区", 50, 5),
  row("330206", "北仑区", 30, 60),
];

const CITY: Coverage = {
  area: "330200",
  minutes: 15,
  kinds: ["rest_station"],
  profile: "walk",
  method: "straight_line",
  speed_kmh: 5,
  at: null,
  as_of: "2026-11-23T09:12:00+08:00",
  data_version: 17,
  stations: { counted: 6, left_out: {} },
  ...figures(classes(90, 155), classes(3, 6, 9), null),
  areas: ROWS,
  remarks: [],
  network: null,
  sources: [],
  demo: true,
};

describe("the table by district", () => {
  it("leaves out classes that nobody is in", () => {
    const keys = columnsOf(ROWS).map(({ key }) => key);
    expect(keys).toContain("workers_without_capacity");
    expect(keys).not.toContain("residents_without_capacity");
    expect(keys).not.toContain("residents_not_routable");
  });

  it("shows columns that add up to the total of every row", () => {
    const shown = columnsOf(ROWS).filter(({ unit, group }) => unit === "count" && group !== "area");
    for (const group of ["residents", "workers"] as const) {
      const own = shown.filter((column) => column.group === group);
      const parts = own.filter(({ key }) => !key.endsWith("_total"));
      for (const one of ROWS) {
        const sum = parts.reduce((all, column) => all + Number(column.value(one)), 0);
        expect(sum).toBe(one.demand[group].total);
      }
    }
  });

  it("sorts numbers both ways and keeps the service's order otherwise", () => {
    const columns = columnsOf(ROWS);
    const names = (key: string, descending: boolean): string[] =>
      sorted(ROWS, columns, { key, descending }).map(({ name }) => name);
    expect(names("residents_uncovered", true)).toEqual(["海曙区", "北仑区", "江北区"]);
    expect(names("residents_uncovered_share", false)).toEqual(["江北区", "北仑区", "海曙区"]);
    expect(sorted(ROWS, columns, null)).toEqual(ROWS);
    expect(names("median_minutes", true)).toEqual(["江北区", "北仑区", "海曙区"]);
    // Beyond the limit for all of them: as the service gave them.
    expect(names("p90_minutes", true)).toEqual(ROWS.map(({ name }) => name));
  });

  it("notices rows that do not add up to the total", () => {
    expect(columnsThatDoNotAddUp(CITY)).toEqual([]);
    const wrong = { ...CITY, demand: { ...CITY.demand, residents: classes(91, 155) } };
    expect(columnsThatDoNotAddUp(wrong)).toEqual(["residents_total", "residents_served"]);
    expect(columnsThatDoNotAddUp({ ...wrong, areas: [] })).toEqual([]);
  });
});

describe("numbers", () => {
  it("have thousands separators", () => {
    expect(countWords(9_777_000)).toBe("9,777,000");
  });

  it("are Ningbo's time, and no time stays as it is", () => {
    expect(instantWords("2026-11-23T01:12:30Z")).toBe("2026-11-23 09:12");
    expect(instantWords("soon")).toBe("soon");
  });

  it("never round somebody to nobody, nor nearly all to all", () => {
    expect([0, 0.00001, 0.4567, 0.99999, 1].map(shareWords)).toEqual([
      "0.0%",
      "<0.1%",
      "45.7%",
      ">99.9%",
      "100.0%",
    ]);
  });
});
