// The stations of /v1/coverage/stations as rows of a table, with their sorting.

import type { Sorting } from "./sorting";

export interface StationReach {
  code: string;
  name: string;
  /** Null where nobody said. */
  capacity_per_day: number | null;
  residents: number;
  /** Residents who have no other station. */
  only_residents: number;
  workers_served: number;
  /** The part of the circle around it that the streets reach; null without streets. */
  shed_ratio: number | null;
}

/** One column: its key names its text. */
export interface StationColumn {
  key: string;
  unit: "text" | "count" | "share";
  value: (row: StationReach) => number | string | null;
}

export const STATION_COLUMNS: readonly StationColumn[] = [
  { key: "name", unit: "text", value: (row) => row.name },
  { key: "residents", unit: "count", value: (row) => row.residents },
  { key: "only_residents", unit: "count", value: (row) => row.only_residents },
  { key: "workers_served", unit: "count", value: (row) => row.workers_served },
  { key: "capacity_per_day", unit: "count", value: (row) => row.capacity_per_day },
  { key: "shed_ratio", unit: "share", value: (row) => row.shed_ratio },
];

/** Those whose closing would leave most people without any stand first. */
export const GRAVEST_FIRST: Sorting = { key: "only_residents", descending: true };
