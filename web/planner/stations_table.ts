// Every station's part in the coverage: asked for when it is wanted, in a table to sort.

import { isAbort } from "../shared/api";
import { button, byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { countWords, NO_NUMBER, shareWords } from "./numbers";
import { patiently } from "./patience";
import { type Question, stationsPath } from "./question";
import { isOfArea, plainSentence } from "./refusals";
import { sortHeading } from "./sort_heading";
import { type Sorting, sorted } from "./sorting";
import {
  GRAVEST_FIRST,
  STATION_COLUMNS,
  type StationColumn,
  type StationReach,
} from "./station_rows";

/** A city has hundreds: the first of them are what a planner looks for. */
const ROWS_AT_FIRST = 50;

let asking: AbortController | null = null;
let isWanted = false;
let shownPath = "";
let stations: StationReach[] = [];
let sorting: Sorting = GRAVEST_FIRST;
let isWhole = false;
let showOnMap: (code: string) => void = () => undefined;

/** Offer the stations of a question; once they are asked for they follow the question. */
export function showStations(question: Question, show: (code: string) => void): void {
  showOnMap = show;
  if (isWanted) {
    void load(question);
    return;
  }
  const want = (): void => {
    isWanted = true;
    void load(question);
  };
  fillWith(
    byId("every-station"),
    button(t("planner.stations_open"), want, { id: "stations-open" }),
  );
}

async function load(question: Question): Promise<void> {
  const box = byId("every-station");
  const path = stationsPath(question);
  if (path === shownPath) return;
  asking?.abort();
  const own = new AbortController();
  asking = own;
  shownPath = path;
  fillWith(
    box,
    el(
      "p",
      { class: "hint", role: "status" },
      el("progress", { "aria-label": t("planner.computing") }),
      ` ${t("planner.computing")}`,
    ),
  );
  try {
    const found = await patiently<{ stations: StationReach[] }>(path, { signal: own.signal });
    if (own.signal.aborted) return;
    stations = found.stations;
    isWhole = stations.length <= ROWS_AT_FIRST;
    draw(box);
  } catch (error) {
    if (isAbort(error) || own.signal.aborted) return;
    shownPath = "";
    fillWith(
      box,
      el("p", { class: "notice notice-error", role: "alert" }, plainSentence(error)),
      // asked once more, the area would be refused again
      !isOfArea(error) && button(t("common.retry"), () => void load(question)),
    );
  }
}

function draw(box: HTMLElement): void {
  if (stations.length === 0) {
    fillWith(box, el("p", { class: "hint" }, t("planner.stations_none")));
    return;
  }
  const focusKey = document.activeElement?.getAttribute("data-station-key");
  const rows = sorted(stations, STATION_COLUMNS, sorting);
  const shown = isWhole ? rows : rows.slice(0, ROWS_AT_FIRST);
  const table = el(
    "table",
    { class: "districts singles every-station" },
    el("caption", { class: "visually-hidden" }, t("planner.stations_open")),
    el("thead", {}, el("tr", {}, ...STATION_COLUMNS.map((column) => heading(column, box)))),
    el("tbody", {}, ...shown.map(row)),
  );
  fillWith(
    box,
    el("h3", {}, t("planner.stations_heading", { count: countWords(stations.length) })),
    el("p", { class: "hint" }, t("planner.stations_wherever_note")),
    el("p", { class: "hint" }, t("planner.stations_shed_ratio_note")),
    el(
      "div",
      {
        class: "table-box",
        tabindex: "0",
        role: "region",
        "aria-label": t("planner.stations_open"),
      },
      table,
    ),
    !isWhole && more(box),
  );
  if (focusKey) box.querySelector<HTMLElement>(`[data-station-key="${focusKey}"]`)?.focus();
}

function more(box: HTMLElement): HTMLElement {
  const showAll = (): void => {
    isWhole = true;
    draw(box);
    // The button is gone: the keyboard goes on where the new rows begin.
    const names = box.querySelectorAll<HTMLElement>("tbody [data-station]");
    names[ROWS_AT_FIRST]?.focus();
  };
  const count = countWords(stations.length);
  return button(t("planner.stations_all", { count }), showAll, { id: "stations-all" });
}

function heading({ key, unit }: StationColumn, box: HTMLElement): HTMLElement {
  const words = t(`planner.stations_column_${key}`);
  const isNames = unit === "text";
  const given = { key, words, isNames, attribute: "data-station-key" };
  return sortHeading(given, sorting, (wanted) => {
    sorting = wanted;
    draw(box);
  });
}

function row(station: StationReach): HTMLElement {
  const choose = el(
    "button",
    { type: "button", class: "district", "data-station": station.code },
    station.name,
  );
  choose.addEventListener("click", () => showOnMap(station.code));
  return el(
    "tr",
    {},
    ...STATION_COLUMNS.map(({ unit, value }) => {
      if (unit === "text") return el("th", { scope: "row", class: "sticky" }, choose);
      const found = value(station);
      if (typeof found !== "number") return el("td", {}, NO_NUMBER);
      return el("td", {}, unit === "share" ? shareWords(found) : countWords(found));
    }),
  );
}
