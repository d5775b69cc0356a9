// Rows of a table in the order that a heading asks for.

export interface Sorting {
  key: string;
  descending: boolean;
}

interface SortedColumn<Row> {
  key: string;
  /** Null where it is not known. */
  value: (row: Row) => number | string | null;
}

/** Return rows in order; without one as they came. What is not known comes last, whichever way. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly SortedColumn<Row>[],
  sorting: Sorting | null,
): Row[] {
  const column = columns.find(({ key }) => key === sorting?.key);
  if (!column || !sorting) return [...rows];
  const direction = sorting.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [left, right] = [column.value(a), column.value(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    if (typeof left === "string" || typeof right === "string") {
      return direction * String(left).localeCompare(String(right), "zh-CN");
    }
    return left === right ? 0 : direction * (left - right);
  });
}
