// The figures of /v1/coverage as rows of a table, with their sorting.

import { inPageLanguage } from "../shared/i18n";

export interface Classes {
  total: number;
  served: number;
  without_capacity: number;
  uncovered: number;
  not_routable: number;
}

export interface Demand {
  residents: Classes;
  workers: Classes;
}

export type Backup = Record<"0" | "1" | "2" | "3+", number>;

/** Within how many minutes half of the residents, and nine in ten, have a station; null: beyond. */
export interface Nearest {
  median_minutes: number | null;
  p90_minutes: number | null;
}

/** With stations alone that were checked of late and have no open locked report. */
export interface Effective {
  within_days: number;
  stations: number;
  demand: Demand;
  backup: Backup;
}

/** A station that alone reaches somebody: how many would have none without it. */
export interface SinglePoint {
  code: string;
  name: string;
  residents: number;
  workers: number;
}

/** The gravest ones, and how many there are. */
export interface SinglePoints {
  numberMatched: number;
  stations: SinglePoint[];
}

interface Figures {
  demand: Demand;
  backup: Backup;
  nearest: Nearest;
  effective: Effective;
  single_points: SinglePoints;
}

export interface AreaFigures extends Figures {
  code: string;
  name: string;
  stations: number;
}

/** What an area is called in the page's language. */
export function areaName(area: { name: string; name_en: string | null }): string {
  return inPageLanguage({ zh: area.name, en: area.name_en || area.name });
}

/** Said by the service where an answer may look empty. */
export interface Remark {
  code: string;
  zh: string;
  en: string;
}

export interface Coverage extends Figures {
  area: string;
  minutes: number;
  kinds: string[];
  profile: string;
  method: "straight_line" | "streets";
  speed_kmh: number;
  at: string | null;
  as_of: string;
  data_version: number;
  stations: { counted: number; left_out: Record<string, number> };
  /** Of those with unknown hours; only where a time was asked for. */
  served_if_unknown_open?: { residents: number; workers: number } | null;
  areas: AreaFigures[];
  remarks: Remark[];
  /** The streets on which minutes are counted. */
  network: { attribution: string; osm_timestamp: string | null } | null;
  sources: { attribution: string; name: string }[];
  demo: boolean;
}

export const CLASSES = ["served", "without_capacity", "uncovered", "not_routable"] as const;
export type ClassName = (typeof CLASSES)[number];

/** One column: its key names its text. A share is a part of one; minutes may be beyond the limit. */
export interface Column {
  key: string;
  group: "area" | "residents" | "workers";
  unit: "text" | "count" | "share" | "minutes";
  value: (row: AreaFigures) => number | string;
}

/** A part of a total; 0 of nobody. */
export function share(part: number, total: number): number {
  return total > 0 ? part / total : 0;
}

/** Residents within reach of two stations or more. */
export function crossCovered(backup: Backup): number {
  return backup["2"] + backup["3+"];
}

/** The columns of the table: a class that is nobody's in every row is left out. */
export function columnsOf(rows: readonly AreaFigures[]): Column[] {
  const columns: Column[] = [
    { key: "name", group: "area", unit: "text", value: (row) => row.name },
    { key: "stations", group: "area", unit: "count", value: (row) => row.stations },
    {
      key: "single_points",
      group: "area",
      unit: "count",
      value: (row) => row.single_points.numberMatched,
    },
  ];
  for (const group of ["residents", "workers"] as const) {
    columns.push(counted(group, "total"));
    for (const name of CLASSES) {
      const always = name === "served" || name === "uncovered";
      if (always || rows.some((row) => row.demand[group][name] > 0)) {
        columns.push(counted(group, name));
      }
    }
    columns.push(uncoveredShare(group));
    columns.push(effectiveShare(group));
    if (group === "residents") columns.push(BACKUP_SHARE, ...NEAREST);
  }
  return columns;
}

/** Names of the columns whose rows do not add up to the total row; none, if all is well. */
export function columnsThatDoNotAddUp(coverage: Coverage): string[] {
  if (coverage.areas.length === 0) return [];
  const stations = coverage.areas.reduce((all, row) => all + row.stations, 0);
  const wrong = stations === coverage.stations.counted ? [] : ["stations"];
  for (const group of ["residents", "workers"] as const) {
    for (const name of ["total", ...CLASSES] as const) {
      const sum = coverage.areas.reduce((all, row) => all + row.demand[group][name], 0);
      if (sum !== coverage.demand[group][name]) wrong.push(`${group}_${name}`);
    }
  }
  return wrong;
}

/** The whole area as a row. */
export function totalRow(coverage: Coverage, name: string): AreaFigures {
  return { ...coverage, code: coverage.area, name, stations: coverage.stations.counted };
}

const BACKUP_SHARE: Column = {
  key: "backup_share",
  group: "residents",
  unit: "share",
  value: (row) => share(crossCovered(row.backup), row.demand.residents.total),
};

const NEAREST: Column[] = (["median_minutes", "p90_minutes"] as const).map((name) => ({
  key: name,
  group: "residents",
  unit: "minutes",
  value: (row) => row.nearest[name] ?? Number.POSITIVE_INFINITY,
}));

function counted(group: "residents" | "workers", name: "total" | ClassName): Column {
  const key = `${group}_${name}`;
  return { key, group, unit: "count", value: (row) => row.demand[group][name] };
}

function uncoveredShare(group: "residents" | "workers"): Column {
  return {
    key: `${group}_uncovered_share`,
    group,
    unit: "share",
    value: ({ demand }) => share(demand[group].uncovered, demand[group].total),
  };
}

function effectiveShare(group: "residents" | "workers"): Column {
  return {
    key: `${group}_effective_share`,
    group,
    unit: "share",
    value: ({ effective }) => share(effective.demand[group].served, effective.demand[group].total),
  };
}
