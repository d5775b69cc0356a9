// What a what-if changes, cell by cell: better or worse in words, and the cells as they would be.

import { type Cells, indexOfCell } from "./cell_data";

/** The cells of POST /v1/coverage/what-if, as parallel lists. */
export interface ChangedCells {
  res: number;
  cells: string[];
  minutes_before: (number | null)[];
  minutes_after: (number | null)[];
  reached_by_before: number[];
  reached_by_after: number[];
  residents: number[];
  residents_gained: number[];
  workers_gained: number[];
}

export const CHANGES = ["gained", "better", "worse", "lost"] as const;
export type ChangeName = (typeof CHANGES)[number];

/** What happens to a cell: a station where there was none, a nearer one or one more, or less. */
export function changeOf(changed: ChangedCells, i: number): ChangeName {
  const before = changed.minutes_before[i] ?? Number.POSITIVE_INFINITY;
  const after = changed.minutes_after[i] ?? Number.POSITIVE_INFINITY;
  if (before === Number.POSITIVE_INFINITY && after < before) return "gained";
  if (after === Number.POSITIVE_INFINITY && before < after) return "lost";
  if (after !== before) return after < before ? "better" : "worse";
  const more = (changed.reached_by_after[i] ?? 0) - (changed.reached_by_before[i] ?? 0);
  return more + (changed.workers_gained[i] ?? 0) >= 0 ? "better" : "worse";
}

/** Residents of the cells of each kind of change. */
export function residentsByChange(changed: ChangedCells): Record<ChangeName, number> {
  const sums = { gained: 0, better: 0, worse: 0, lost: 0 };
  changed.cells.forEach((_, i) => {
    sums[changeOf(changed, i)] += changed.residents[i] ?? 0;
  });
  return sums;
}

/** The cells as they would be; those where nobody lives may be missing. */
export function cellsAfter(cells: Cells, changed: ChangedCells): Cells {
  const minutes = cells.minutes.slice();
  const reachedBy = cells.reachedBy.slice();
  changed.cells.forEach((cell, k) => {
    const i = indexOfCell(cells, cell);
    if (i < 0) return;
    minutes[i] = changed.minutes_after[k] ?? Number.NaN;
    reachedBy[i] = changed.reached_by_after[k] ?? 0;
  });
  return { ...cells, minutes, reachedBy };
}
