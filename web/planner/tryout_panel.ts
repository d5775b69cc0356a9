// The panel of what is tried out: its buttons, the edits one by one, and what they gain.

import { button, el, fillWith } from "../shared/dom";
import { inPageLanguage, t } from "../shared/i18n";
import { type Edits, isEmpty, NO_EDITS, withoutAdded, withStationAsItIs } from "./edits";
import { areaName } from "./figures";
import { TRIED_VIEWS, type TriedView } from "./messages";
import { signed } from "./numbers";
import { changedAreas, crossGain, type Gain, type WhatIf } from "./what_if";

export interface TryoutState {
  edits: Edits;
  answer: WhatIf | null;
  problem: string;
  view: TriedView;
  placing: boolean;
  computing: boolean;
  canUndo: boolean;
  onEdit: (edits: Edits) => void;
  onUndo: () => void;
  onView: (view: TriedView) => void;
  onPlacing: (placing: boolean) => void;
  onRetry: () => void;
  onShow: (code: string) => void;
  /** What a station is called; its code where nobody knows. */
  nameOf: (code: string) => string;
}

/** Saves under a name; returns what is wrong, or nothing. */
export type Save = (name: string, shared: boolean) => Promise<string>;

const SMALL = { class: "button button-small" };

/** Draw the panel, keeping the keyboard's place and what is typed. */
export function drawTryout(box: HTMLElement, state: TryoutState): void {
  const focused = document.activeElement?.id;
  const typed = new Map<string, string>();
  for (const input of box.querySelectorAll<HTMLInputElement>("input[type=text]")) {
    typed.set(input.id, input.value);
  }
  fillWith(
    box,
    controls(state),
    state.problem !== "" &&
      el(
        "div",
        { class: "notice notice-error", role: "alert" },
        el("span", {}, state.problem),
        button(t("common.retry"), state.onRetry, { ...SMALL, id: "try-again" }),
      ),
    el(
      "p",
      { class: "hint", role: "status", id: "try-status" },
      state.computing ? t("planner.computing") : isEmpty(state.edits) ? t("planner.try_hint") : "",
    ),
    editList(state),
    ...(state.answer?.remarks ?? []).map((remark) =>
      el("p", { class: "notice notice-warning" }, inPageLanguage(remark)),
    ),
    state.answer && gains(state.answer),
    state.answer && views(state),
  );
  for (const [id, value] of typed) {
    const input = document.getElementById(id) as HTMLInputElement | null;
    if (input) input.value = value;
  }
  if (focused && box.ownerDocument.activeElement === document.body) {
    document.getElementById(focused)?.focus();
  }
}

function controls(state: TryoutState): HTMLElement {
  const place = button(
    t("planner.try_place"),
    () => state.onPlacing(!state.placing),
    { class: "chip", id: "try-place", "aria-pressed": String(state.placing) },
    "plus",
  );
  const undo = button(t("planner.try_undo"), state.onUndo, { ...SMALL, id: "try-undo" }, "undo");
  undo.disabled = !state.canUndo;
  const clear = button(t("planner.try_clear"), () => state.onEdit(NO_EDITS), {
    ...SMALL,
    id: "try-clear",
  });
  clear.disabled = isEmpty(state.edits);
  return el(
    "div",
    { class: "try-controls" },
    place,
    el(
      "span",
      { class: "try-capacity" },
      el("label", { for: "try-capacity" }, t("planner.try_capacity")),
      el("input", { type: "text", inputmode: "numeric", id: "try-capacity", maxlength: 6 }),
    ),
    undo,
    clear,
  );
}

function editList(state: TryoutState): HTMLElement | null {
  const { edits, answer } = state;
  if (isEmpty(edits)) return null;
  const items = edits.add.map((_, index) => {
    const told = answer?.added[index];
    const words = !told
      ? ""
      : told.routable
        ? t("planner.try_added", {
            residents: told.residents.toLocaleString("en-US"),
            only: told.only_residents.toLocaleString("en-US"),
          })
        : t("planner.try_off_streets");
    const name = el("strong", {}, t("planner.try_new", { number: index + 1 }));
    return item(name, words, () => state.onEdit(withoutAdded(edits, index)));
  });
  for (const code of [...edits.move.map((one) => one.code), ...edits.close]) {
    const isMoved = !edits.close.includes(code);
    const told = answer?.moved.find((one) => one.code === code);
    const words =
      told && !told.routable
        ? t("planner.try_off_streets")
        : t(isMoved ? "planner.try_is_moved" : "planner.try_is_closed");
    const name = button(state.nameOf(code), () => state.onShow(code), { class: "button-link" });
    items.push(item(name, words, () => state.onEdit(withStationAsItIs(edits, code))));
  }
  return el("ul", { class: "try-edits", "aria-label": t("planner.try_edits") }, ...items);
}

function item(name: HTMLElement, words: string, takeBack: () => void): HTMLElement {
  return el(
    "li",
    {},
    name,
    el("span", { class: "try-words" }, words),
    button(t("planner.try_take_back"), takeBack, SMALL),
  );
}

function gains({ gain, areas }: WhatIf): HTMLElement {
  const shown = changedAreas(areas);
  const columns = ["residents", "workers", "cross"] as const;
  return el(
    "div",
    { class: "try-gain", id: "try-gain" },
    el(
      "ul",
      { class: "figures" },
      ...columns.map((name) =>
        el(
          "li",
          { class: "figure" },
          el("span", { class: "figure-name" }, t(`planner.gain_${name}`)),
          el("strong", { class: "figure-value" }, signed(gainOf(gain, name))),
        ),
      ),
    ),
    shown.length > 0 &&
      el(
        "table",
        { class: "districts", id: "gain-by-area" },
        el("caption", { class: "visually-hidden" }, t("planner.gain_by_area")),
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", { scope: "col" }, t("planner.column_name")),
            ...columns.map((name) => el("th", { scope: "col" }, t(`planner.gain_${name}`))),
          ),
        ),
        el(
          "tbody",
          {},
          ...shown.map((area) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, areaName(area)),
              ...columns.map((name) => el("td", {}, signed(gainOf(area.gain, name)))),
            ),
          ),
        ),
      ),
  );
}

function gainOf(gain: Gain, name: "residents" | "workers" | "cross"): number {
  if (name === "cross") return crossGain(gain);
  return name === "residents" ? gain.residents_served : gain.workers_served;
}

function views(state: TryoutState): HTMLElement {
  const group = el("div", {
    class: "segments",
    role: "group",
    id: "try-view",
    "aria-label": t("planner.try_view"),
  });
  for (const view of TRIED_VIEWS) {
    const one = el(
      "button",
      {
        type: "button",
        class: "segment",
        id: `try-view-${view}`,
        "aria-pressed": String(view === state.view),
      },
      t(`planner.try_view_${view}`),
    );
    one.addEventListener("click", () => state.onView(view));
    group.append(one);
  }
  return group;
}

/** The form that saves; it is made once, so that no new answer wipes a refusal or a name away. */
export function savingForm(save: Save): HTMLElement {
  const name = el("input", { type: "text", id: "try-name", maxlength: 100, autocomplete: "off" });
  const shared = el("input", { type: "checkbox", id: "try-shared" });
  const said = el("p", { class: "field-problem", role: "alert", id: "try-said" });
  const go = el("button", { type: "submit", class: "button" }, t("planner.try_save"));
  const form = el(
    "form",
    { class: "try-save", novalidate: true },
    el("label", { for: "try-name" }, t("planner.try_name")),
    name,
    el("label", { class: "try-shared", for: "try-shared" }, shared, t("planner.try_shared")),
    go,
    said,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (name.value.trim() === "") {
      said.textContent = t("planner.try_name_missing");
      name.focus();
      return;
    }
    go.disabled = true; // a second press would meet the name of the first
    void save(name.value, shared.checked)
      .then((refusal) => {
        said.textContent = refusal;
        if (refusal === "") name.value = "";
      })
      .finally(() => {
        go.disabled = false;
      });
  });
  return form;
}
