// The heading of a column that its table can be sorted by.

import { el } from "../shared/dom";
import type { Sorting } from "./sorting";

export interface SortHeading {
  key: string;
  words: string;
  /** The column of names: it stays in sight, and is sorted from A on. */
  isNames: boolean;
  /** The attribute that holds the key, by which the keyboard's place is found again. */
  attribute: string;
}

/** Make a heading; `onSort` is told what a press asks for. */
export function sortHeading(
  { key, words, isNames, attribute }: SortHeading,
  sorting: Sorting | null,
  onSort: (sorting: Sorting) => void,
): HTMLElement {
  const active = sorting?.key === key;
  const order = active ? (sorting.descending ? "descending" : "ascending") : null;
  const arrow = order === "descending" ? "▼" : order === "ascending" ? "▲" : "";
  const sort = el(
    "button",
    { type: "button", class: "sort", [attribute]: key },
    words,
    el("span", { class: "arrow", "aria-hidden": "true" }, arrow),
  );
  sort.addEventListener("click", () => {
    // Numbers are wanted from the largest down, names from A on.
    onSort({ key, descending: active ? !sorting.descending : !isNames });
  });
  return el("th", { scope: "col", "aria-sort": order, class: isNames ? "sticky" : "" }, sort);
}
