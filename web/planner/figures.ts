// The figures of /v1/coverage as rows of a table, with their sorting.

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

export interface AreaFigures {
  code: string;
  name: string;
  stations: number;
  demand: Demand;
  backup: Backup;
}

export interface Coverage {
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
  demand: Demand;
  backup: Backup;
  /** Of those with unknown hours; only where a time was asked for. */
  served_if_unknown_open?: { residents: number; workers: number } | null;
  areas: AreaFigures[];
}

export const CLASSES = ["served", "without_capacity", "uncovered", "not_routable"] as const;
export type ClassName = (typeof CLASSES)[number];

/** One column: its key names its text; `share` columns are parts of one. */
export interface Column {
  key: string;
  group: "area" | "residents" | "workers";
  share: boolean;
  value: (row: AreaFigures) => number | string;
}

export interface Sorting {
  key: string;
  descending: boolean;
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
    { key: "name", group: "area", share: false, value: (row) => row.name },
    { key: "stations", group: "area", share: false, value: (row) => row.stations },
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
    if (group === "residents") columns.push(BACKUP_SHARE);
  }
  return columns;
}

/** Rows in the order asked for; without one, as the service gave them. */
export function sorted(
  rows: readonly AreaFigures[],
  columns: readonly Column[],
  sorting: Sorting | null,
): AreaFigures[] {
  const column = columns.find(({ key }) => key === sorting?.key);
  if (!column || !sorting) return [...rows];
  const direction = sorting.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [column.value(a), column.value(b)];
    if (typeof left === "string" || typeof right === "string") {
      return direction * String(left).localeCompare(String(right), "zh-CN");
    }
    return direction * (left - right);
  });
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
  const { area, stations, demand, backup } = coverage;
  return { code: area, name, stations: stations.counted, demand, backup };
}

const BACKUP_SHARE: Column = {
  key: "backup_share",
  group: "residents",
  share: true,
  value: (row) => share(crossCovered(row.backup), row.demand.residents.total),
};

function counted(group: "residents" | "workers", name: "total" | ClassName): Column {
  const key = `${group}_${name}`;
  return { key, group, share: false, value: (row) => row.demand[group][name] };
}

function uncoveredShare(group: "residents" | "workers"): Column {
  return {
    key: `${group}_uncovered_share`,
    group,
    share: true,
    value: ({ demand }) => share(demand[group].uncovered, demand[group].total),
  };
}
