// The closures of a listing: one row for each, from a day until a day, and why.

import {
  type ClosedDays,
  closureProblem,
  closureWords,
  decoded,
  encoded,
  isOver,
  isWholeDays,
} from "../shared/closures";
import { button, el, fillWith } from "../shared/dom";
import { dayOf } from "../shared/event_words";
import { t } from "../shared/i18n";

const REASON_LENGTH = 200;

/** The editor, filled from closures as texts. Every change is told as an input of the form. */
export function closuresField(closures: readonly string[]): HTMLElement {
  const list = el("ol", { class: "closures", "data-closures": true });
  const field = el(
    "fieldset",
    { class: "field" },
    el("legend", {}, t("console.field_closures")),
    el("p", { class: "hint" }, t("closure.hint")),
    list,
    el("p", { class: "field-problem", "data-problem": "closures" }),
    button(
      t("closure.add"),
      () => {
        const today = dayOf(new Date());
        const row = closureRow({ from: today, until: today, reason: "" });
        list.append(row);
        row.querySelector("input")?.focus();
        told(list);
      },
      { id: "closure-add" },
      "plus",
    ),
  );
  list.append(...closures.map((text) => closureRow(decoded(text))));
  return field;
}

/** The closures as the rows now stand. */
export function readClosures(form: HTMLFormElement): string[] {
  return [...form.querySelectorAll<HTMLElement>(".closure")]
    .map((row) => encoded(daysIn(row)))
    .sort();
}

/** Show other closures. */
export function writeClosures(form: HTMLFormElement, closures: readonly string[]): void {
  const list = form.querySelector("[data-closures]");
  if (list) fillWith(list, ...closures.map((text) => closureRow(decoded(text))));
}

/** The sentence on the first row that cannot be saved, and where to mend it; null where all can. */
export function closuresProblem(
  form: HTMLFormElement,
): { words: string; control: HTMLElement | null } | null {
  for (const row of form.querySelectorAll<HTMLElement>(".closure")) {
    const key = closureProblem(daysIn(row));
    if (!key) continue;
    const part = key === "closure.reason_missing" ? "reason" : "until";
    return { words: t(key), control: row.querySelector(`[data-part="${part}"]`) };
  }
  return null;
}

function closureRow(days: ClosedDays): HTMLElement {
  const over = isOver(days, dayOf(new Date()));
  const row = el("li", { class: over ? "closure closure-over" : "closure" });
  const take = button(
    t("closure.remove"),
    () => {
      const list = row.parentElement;
      row.remove();
      if (list) told(list);
      document.getElementById("closure-add")?.focus();
    },
    { class: "button button-small", "aria-label": t("closure.remove_this", { ...days }) },
    "close",
  );
  if (!isWholeDays(days)) {
    // Of hours, set by another program: it can be read and taken away here, not changed.
    row.dataset.kept = encoded(days);
    row.append(el("p", {}, closureWords(days)), take);
    return row;
  }
  row.append(
    input("date", "from", days.from, "closure.from"),
    input("date", "until", days.until, "closure.until"),
    input("text", "reason", days.reason, "closure.reason"),
    take,
  );
  return row;
}

function input(type: string, part: string, value: string, key: string): HTMLElement {
  const control = el("input", {
    type,
    "data-part": part,
    autocomplete: "off",
    maxlength: part === "reason" ? REASON_LENGTH : null,
    placeholder: part === "reason" ? t("closure.reason_example") : null,
  });
  control.value = value;
  return el("label", { class: `closure-part closure-${part}` }, el("span", {}, t(key)), control);
}

function daysIn(row: HTMLElement): ClosedDays {
  const { kept } = row.dataset;
  if (kept !== undefined) return decoded(kept);
  const value = (part: string): string =>
    row.querySelector<HTMLInputElement>(`[data-part="${part}"]`)?.value ?? "";
  return { from: value("from"), until: value("until"), reason: value("reason").trim() };
}

function told(list: Element): void {
  list.dispatchEvent(new Event("input", { bubbles: true }));
}
