// The table by district: sortable, its rows show themselves on the map, its last row is the total.

import { el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { type AreaFigures, type Column, columnsOf } from "./figures";
import { countWords, minutesWords, NO_NUMBER, shareWords } from "./numbers";
import { sortHeading } from "./sort_heading";
import { type Sorting, sorted } from "./sorting";

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
  return el(
    "tr",
    {},
    ...columns.map(({ key }, place) => {
      const words = t(`planner.column_${key}`);
      const given = { key, words, isNames: place === 0, attribute: "data-key" };
      return sortHeading(given, state.sorting, state.onSort);
    }),
  );
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
