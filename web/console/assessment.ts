// An inspector's answers to what the register itself does not hold: yes, no, or not known.

import { sentence } from "../shared/api";
import { el, fillWith } from "../shared/dom";
import { dayOf } from "../shared/event_words";
import { inPageLanguage, t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { askAsAccount } from "../shared/session";
import type { Known } from "../shared/types";

export interface AssessableFact {
  code: string;
  zh: string;
  en: string;
  answer: "yes_no" | "number";
  unit: string;
  /** The answer that holds; null where it is not known. */
  value: Known | number | null;
  checked_on: string | null;
}

const ANSWERS = ["yes", "no", "unknown"] as const;

/** The questions with their answers, saved together. */
export function assessmentField(
  code: string,
  facts: readonly AssessableFact[],
  onSaved: () => void,
): HTMLElement {
  const status = el("div", { role: "status" });
  const form = el(
    "form",
    { class: "assessment", novalidate: true, autocomplete: "off" },
    el("p", { class: "hint" }, t("standard.assess_hint")),
    ...facts.map(question),
    status,
    el("button", { type: "submit", class: "button button-primary" }, t("standard.assess_save")),
  );
  // Inside the listing's form a form may not stand; beside it the two do not mix.
  form.addEventListener("input", (event) => event.stopPropagation());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save();
  });

  async function save(): Promise<void> {
    const answers = changedAnswers(facts, new FormData(form));
    if (!answers.length) {
      fillWith(status, el("p", { class: "notice" }, t("console.nothing_changed")));
      return;
    }
    try {
      await askAsAccount(`/v1/stations/${encodeURIComponent(code)}/assessments`, {
        method: "PUT",
        body: { assessments: answers },
      });
      onSaved();
    } catch (error) {
      fillWith(status, el("p", { class: "notice notice-error" }, sentence(error)));
    }
  }

  return el(
    "details",
    { class: "fold", id: "assessment" },
    el("summary", {}, icon("chevron"), el("span", {}, t("standard.assess_heading"))),
    form,
  );
}

export interface Answer {
  fact: string;
  answer: Known | number;
  checked_on: string;
}

/** The answers in the form that differ from those that hold, of today. */
export function changedAnswers(
  facts: readonly AssessableFact[],
  data: FormData,
  today: string = dayOf(new Date()),
): Answer[] {
  const answers: Answer[] = [];
  for (const { code, answer, value } of facts) {
    const given = data.get(code);
    if (given === null) continue;
    const now = answer === "number" ? numberIn(String(given)) : (String(given) as Known);
    if (now !== null && now !== (value ?? "unknown")) {
      answers.push({ fact: code, answer: now, checked_on: today });
    }
  }
  return answers;
}

/** An emptied number is not known any more; what is no number is no answer. */
function numberIn(text: string): "unknown" | number | null {
  if (text.trim() === "") return "unknown";
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}

function question(fact: AssessableFact): HTMLElement {
  const name = inPageLanguage(fact);
  if (fact.answer === "number") {
    const id = `fact-${fact.code}`;
    const control = el("input", { type: "number", id, name: fact.code, min: 0, step: "any" });
    control.value = fact.value === null ? "" : String(fact.value);
    const words = fact.unit ? t("standard.with_unit", { name, unit: fact.unit }) : name;
    return el("div", { class: "field" }, el("label", { for: id }, words), control);
  }
  const now = fact.value ?? "unknown";
  return el(
    "fieldset",
    { class: "service-row field" },
    el(
      "legend",
      {},
      el(
        "span",
        {},
        name,
        fact.checked_on &&
          el("span", { class: "choice-hint" }, t("standard.seen_on", { day: fact.checked_on })),
      ),
    ),
    el(
      "div",
      { class: "three" },
      ...ANSWERS.map((answer) =>
        el(
          "label",
          { class: `three-way three-${answer}` },
          el("input", {
            type: "radio",
            name: fact.code,
            value: answer,
            checked: answer === now,
          }),
          el("span", {}, t(`standard.answer_${answer}`)),
        ),
      ),
    ),
  );
}
