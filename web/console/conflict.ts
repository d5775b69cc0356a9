// Two people changed one listing: both sides field by field, and a choice for each.

import { button, el } from "../shared/dom";
import { t } from "../shared/i18n";
import { type Difference, type Draft, firstChoice, withValue } from "./draft";
import { fieldLabel, valueWords } from "./fields";

export interface ConflictPanel {
  element: HTMLElement;
  /** The draft to save: theirs, with mine where mine was chosen. */
  merged(): Draft;
}

/** Show the differences; `save` is asked for when the choices are made. */
export function conflictPanel(
  theirs: Draft,
  found: readonly Difference[],
  save: () => void,
): ConflictPanel {
  const rows = found.map(row);
  const all = (side: "mine" | "theirs") => () => {
    for (const one of rows) one.choose(side === "mine" ? one.first : side);
  };
  const element = el(
    "section",
    { class: "panel conflict", "aria-labelledby": "conflict-heading", tabindex: "-1" },
    el("h2", { id: "conflict-heading" }, t("console.conflict_heading")),
    el("p", {}, t("console.conflict_hint")),
    el(
      "div",
      { class: "conflict-all" },
      button(t("console.all_mine"), all("mine")),
      button(t("console.all_theirs"), all("theirs")),
    ),
    ...rows.map((one) => one.element),
    button(t("console.save_choices"), save, { class: "button button-primary button-large" }),
  );
  const merged = (): Draft =>
    rows.reduce(
      (draft, one) => (one.chosen() === "mine" ? withValue(draft, one.field, one.mine) : draft),
      theirs,
    );
  return { element, merged };
}

function row(difference: Difference) {
  const { field, mine, theirs } = difference;
  const name = `conflict-${field}`;
  const first = firstChoice(difference);
  const side = (which: "mine" | "theirs"): HTMLElement =>
    el(
      "label",
      { class: "choice side" },
      el("input", { type: "radio", name, value: which, checked: which === first }),
      el(
        "span",
        {},
        el("span", { class: "side-name" }, t(`console.side_${which}`)),
        el("span", { class: "side-value" }, valueWords(field, which === "mine" ? mine : theirs)),
      ),
    );
  const element = el(
    "fieldset",
    { class: "conflict-row" },
    el("legend", {}, fieldLabel(field)),
    el("div", { class: "sides" }, side("theirs"), side("mine")),
  );
  const radios = [...element.querySelectorAll<HTMLInputElement>("input")];
  return {
    element,
    field,
    mine,
    first,
    chosen: () => radios.find((radio) => radio.checked)?.value ?? first,
    choose: (which: "mine" | "theirs") => {
      for (const radio of radios) radio.checked = radio.value === which;
    },
  };
}
