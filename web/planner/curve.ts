// The 24-hour curve as a picture, its time slider, and the same numbers as a table.

import { el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import {
  type Curve,
  DAYS,
  type Day,
  type DayName,
  HOURS,
  hourWords,
  type Moment,
  momentOf,
  stepsOf,
  timeAt,
} from "./day_curve";
import { countWords, partWords } from "./numbers";

export interface CurveState {
  curve: Curve;
  /** Residents in all. */
  total: number;
  /** The time of the question. */
  at: string | null;
  onTime: (at: string) => void;
}

const SVG = "http://www.w3.org/2000/svg";
const LEAST_WIDTH = 300;
const HEIGHT = 220;
const LEFT = 46;
const RIGHT = 10;
const TOP = 10;
const BOTTOM = 26;

let chosenDay: DayName = "weekday";
// As wide as its box when drawn, so that its words have the size of all others.
let width = 640;

/** Draw everything into `box`, keeping the keyboard's place. */
export function drawCurve(box: HTMLElement, state: CurveState): void {
  const focused = document.activeElement?.id;
  width = Math.max(LEAST_WIDTH, box.clientWidth);
  const moment = momentOf(state.at, state.curve);
  if (moment) chosenDay = moment.day;
  const day = state.curve[chosenDay];
  const at: Moment = { day: chosenDay, hour: moment?.hour ?? 12 };
  const said = el("output", { class: "curve-said", for: "hour", id: "hour-said" });
  said.textContent = moment ? momentWords(day, at.hour, state.total) : t("planner.curve_drag");
  fillWith(
    box,
    days(state),
    picture(state, moment?.hour ?? null),
    slider(state, at, said),
    said,
    legend(state),
    table(state),
  );
  if (focused) document.getElementById(focused)?.focus();
}

function days(state: CurveState): HTMLElement {
  const group = el("div", {
    class: "segments",
    role: "group",
    "aria-label": t("planner.curve_day"),
  });
  for (const name of DAYS) {
    const one = el(
      "button",
      {
        type: "button",
        class: "segment",
        id: `day-${name}`,
        "aria-pressed": String(name === chosenDay),
      },
      t(`planner.curve_${name}`, { date: state.curve[name].date.slice(5) }),
    );
    one.addEventListener("click", () => {
      const moment = momentOf(state.at, state.curve);
      chosenDay = name;
      if (moment) state.onTime(timeAt({ day: name, hour: moment.hour }, state.curve));
      else drawCurve(one.closest("#curve") as HTMLElement, state);
    });
    group.append(one);
  }
  return group;
}

function slider(state: CurveState, at: Moment, said: HTMLElement): HTMLElement {
  const made = el("input", {
    type: "range",
    id: "hour",
    class: "hour",
    min: 0,
    max: HOURS - 1,
    step: 1,
    value: at.hour,
    "aria-label": t("planner.curve_slider"),
  });
  const tell = (): void => {
    const words = momentWords(state.curve[at.day], Number(made.value), state.total);
    made.setAttribute("aria-valuetext", words);
    said.textContent = words;
    const mark = made.closest("#curve")?.querySelector(".curve-now");
    mark?.setAttribute("transform", `translate(${x(Number(made.value) + 0.5)} 0)`);
    mark?.removeAttribute("visibility");
  };
  made.setAttribute("aria-valuetext", said.textContent ?? "");
  made.addEventListener("input", tell);
  made.addEventListener("change", () => {
    state.onTime(timeAt({ day: at.day, hour: Number(made.value) }, state.curve));
  });
  return el("div", { class: "hour-box" }, made);
}

function momentWords(day: Day, hour: number, total: number): string {
  const known = day.residents_served[hour] ?? 0;
  const possible = day.residents_served_if_unknown_open[hour] ?? 0;
  return t("planner.curve_moment", {
    hour: hourWords(hour),
    known: partWords(known, total),
    possible: partWords(possible, total),
    open: countWords(day.stations_open[hour] ?? 0),
    unknown: countWords(day.stations_hours_unknown[hour] ?? 0),
  });
}

function picture(state: CurveState, hour: number | null): SVGElement {
  const made = shape("svg", {
    class: "curve-picture",
    viewBox: `0 0 ${width} ${HEIGHT}`,
    role: "img",
    "aria-label": t("planner.curve_picture"),
  });
  for (let percent = 0; percent <= 100; percent += 25) {
    const level = y(percent / 100);
    made.append(
      shape("line", { class: "curve-grid", x1: LEFT, x2: width - RIGHT, y1: level, y2: level }),
      words(`${percent}%`, LEFT - 6, level + 4, "end"),
    );
  }
  for (let at = 0; at <= HOURS; at += 4) {
    made.append(words(String(at), x(at), HEIGHT - 6, "middle"));
  }
  const { curve, total } = state;
  const other = curve[chosenDay === "weekday" ? "weekend" : "weekday"];
  const day = curve[chosenDay];
  const low = stepsOf(day.residents_served, total);
  const high = stepsOf(day.residents_served_if_unknown_open, total);
  const now = shape("g", {
    class: "curve-now",
    transform: `translate(${x((hour ?? 12) + 0.5)} 0)`,
    ...(hour === null ? { visibility: "hidden" } : {}),
  });
  now.append(shape("line", { x1: 0, x2: 0, y1: TOP, y2: HEIGHT - BOTTOM }));
  made.append(
    shape("polygon", { class: "curve-band", points: points([...low, ...high.reverse()]) }),
    shape("polyline", {
      class: "curve-other",
      points: points(stepsOf(other.residents_served, total)),
    }),
    shape("polyline", { class: "curve-line", points: points(low) }),
    now,
  );
  return made;
}

function legend({ curve }: CurveState): HTMLElement {
  const other = DAYS.find((name) => name !== chosenDay) ?? chosenDay;
  const date = (name: DayName): string =>
    t(`planner.curve_${name}`, { date: curve[name].date.slice(5) });
  const named = { day: date(chosenDay), other: date(other) };
  const lines = ["line", "band", "other"].map((name) =>
    el(
      "li",
      {},
      el("span", { class: `curve-swatch curve-swatch-${name}`, "aria-hidden": "true" }),
      t(`planner.curve_legend_${name}`, named),
    ),
  );
  return el("ul", { class: "curve-legend" }, ...lines);
}

function table({ curve, total }: CurveState): HTMLElement {
  const heads = [
    t("planner.curve_hour"),
    ...DAYS.map((name) => t(`planner.curve_column_${name}`)),
    ...DAYS.map((name) => t(`planner.curve_open_${name}`)),
  ];
  const rows = Array.from({ length: HOURS }, (_, hour) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, hourWords(hour)),
      ...DAYS.map((name) => el("td", {}, between(curve[name], hour, total))),
      ...DAYS.map((name) => el("td", {}, countWords(curve[name].stations_open[hour] ?? 0))),
    ),
  );
  return el(
    "details",
    { class: "curve-table" },
    el("summary", {}, t("planner.curve_table")),
    el(
      "div",
      { class: "table-box", tabindex: "0", role: "region", "aria-label": t("planner.curve_table") },
      el(
        "table",
        { class: "districts" },
        el("caption", { class: "visually-hidden" }, t("planner.curve_picture")),
        el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", {}, ...rows),
      ),
    ),
  );
}

function between(day: Day, hour: number, total: number): string {
  const low = partWords(day.residents_served[hour] ?? 0, total);
  const high = partWords(day.residents_served_if_unknown_open[hour] ?? 0, total);
  return low === high ? low : `${low} – ${high}`;
}

function points(steps: readonly [number, number][]): string {
  return steps.map(([hour, part]) => `${x(hour)},${y(part)}`).join(" ");
}

function x(hour: number): number {
  return LEFT + (hour / HOURS) * (width - LEFT - RIGHT);
}

function y(part: number): number {
  return TOP + (1 - part) * (HEIGHT - TOP - BOTTOM);
}

function words(text: string, left: number, top: number, anchor: string): SVGElement {
  const made = shape("text", { x: left, y: top, "text-anchor": anchor, class: "curve-words" });
  made.textContent = text;
  return made;
}

function shape(tag: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}
