// The table by district: sortable, its rows show themselves on the map, its last row is the total.

import { el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { type AreaFigures, type Column, columnsOf, type Sorting, sorted } from "./figures";
import { countWords, minutesWords, NO_NUMBER, shareWords } from "./numbers";

export interface TableState {
  rows: AreaFigures[];
  total: AreaFigures;
  minutes: number;
  sorting: Sorting | null;
  focused: string | null;
  onSort: (sorting: Sorting) => void;
  onFocus: (code: string | null) => void;
}

/** Draw the table into `box`, keeping the keyboard's place. */
export function drawTable(box: HTMLElement, state: TableState): void {
  const columns = columnsOf([...state.rows, state.total]);
  const focusKey = document.activeElement?.getAttribute("data-key");
  const body = el("tbody");
  for (const row of sorted(state.rows, columns, state.sorting)) {
    body.append(districtRow(row, columns, state));
  }
  const table = el(
    "table",
    { class: "districts" },
    el("caption", { class: "visually-hidden" }, t("planner.by_district")),
    el("thead", {}, groupRow(columns), headingRow(columns, state)),
    body,
    el(
      "tfoot",
      {},
      el("tr", {}, ...cells(state.total, columns, state, el("span", {}, state.total.name))),
    ),
  );
  const note = el("p", { class: "hint table-note" }, t("planner.single_points_note"));
  fillWith(box, table, note);
  if (focusKey) box.querySelector<HTMLElement>(`[data-key="${focusKey}"]`)?.focus();
}

function groupRow(columns: Column[]): HTMLElement {
  const span = (group: Column["group"]): string =>
    String(columns.filter((column) => column.group === group).length);
  return el(
    "tr",
    { class: "groups" },
    el("td", { class: "sticky" }),
    el("td", { colspan: String(Number(span("area")) - 1) }),
    el("th", { colspan: span("residents"), scope: "colgroup" }, t("planner.residents")),
    el("th", { colspan: span("workers"), scope: "colgroup" }, t("planner.workers")),
  );
}

function headingRow(columns: Column[], state: TableState): HTMLElement {
  const row = el("tr");
  for (const [place, column] of columns.entries()) {
    const active = state.sorting?.key === column.key;
    const order = active ? (state.sorting?.descending ? "descending" : "ascending") : null;
    const arrow = order === "descending" ? "▼" : order === "ascending" ? "▲" : "";
    const sort = el(
      "button",
      { type: "button", class: "sort", "data-key": column.key },
      t(`planner.column_${column.key}`),
      el("span", { class: "arrow", "aria-hidden": "true" }, arrow),
    );
    sort.addEventListener("click", () => {
      // Numbers are wanted from the largest down, names from A on.
      const descending = active ? !state.sorting?.descending : place > 0;
      state.onSort({ key: column.key, descending });
    });
    row.append(el("th", { scope: "col", "aria-sort": order, class: place ? "" : "sticky" }, sort));
  }
  return row;
}

function districtRow(row: AreaFigures, columns: Column[], state: TableState): HTMLElement {
  const focused = state.focused === row.code;
  const show = el(
    "button",
    { type: "button", class: "district", "data-key": row.code, "aria-pressed": String(focused) },
    row.name,
  );
  const made = el("tr", { class: focused ? "focused" : "" }, ...cells(row, columns, state, show));
  made.addEventListener("click", () => state.onFocus(focused ? null : row.code));
  return made;
}

function cells(
  row: AreaFigures,
  columns: Column[],
  { minutes }: TableState,
  name: HTMLElement,
): HTMLElement[] {
  return columns.map(({ group, unit, value }) => {
    if (unit === "text") return el("th", { scope: "row", class: "sticky" }, name);
    const found = value(row) as number;
    const isOfNobody = group !== "area" && row.demand[group].total === 0;
    if (isOfNobody && unit !== "count") return el("td", {}, NO_NUMBER);
    if (unit === "minutes") return el("td", {}, minutesWords(found, minutes));
    return el("td", {}, unit === "share" ? shareWords(found) : countWords(found));
  });
}
