// What a station has of each standard: met, missing, or not known, with the evidence and its day.

import { sentence } from "../shared/api";
import { el, fillWith } from "../shared/dom";
import { hasText, inPageLanguage, t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { askAsAccount } from "../shared/session";
import { type AssessableFact, assessmentField } from "./assessment";

interface Evidence {
  fact: string;
  zh: string;
  en: string;
  value: unknown;
  unit: string;
  on: string | null;
  from: string;
}

interface Requirement {
  code: string;
  name: string;
  name_en: string;
  state: "met" | "missing" | "unknown";
  verified: boolean;
  note: string;
  note_en: string;
  evidence: Evidence[];
}

interface RuleSet {
  code: string;
  name: string;
  name_en: string;
  version: string;
  verified: boolean;
  note: string;
  note_en: string;
  requirements: Requirement[];
  met: number;
  missing: number;
  unknown: number;
  passes: boolean | null;
}

interface Standards {
  code: string;
  rule_sets: RuleSet[];
  facts?: AssessableFact[];
}

const SIGNS = {
  met: ["good", "check"],
  missing: ["bad", "close"],
  unknown: ["unsure", "question"],
} as const;

/** A panel that loads what this station has of the standards. */
export function standardsPanel(code: string, editable: boolean): HTMLElement {
  const place = el(
    "div",
    { class: "standards" },
    el("p", { role: "status" }, t("console.loading")),
  );
  const panel = el(
    "section",
    { class: "panel", id: "standards", "aria-labelledby": "standards-heading" },
    el("h2", { id: "standards-heading" }, t("standard.heading")),
    el("p", { class: "hint" }, t("standard.hint")),
    place,
  );
  void load(code, editable, place);
  return panel;
}

async function load(code: string, editable: boolean, place: HTMLElement): Promise<void> {
  try {
    const path = `/v1/stations/${encodeURIComponent(code)}/standards`;
    const { body } = await askAsAccount<Standards>(path);
    const unfolded = [...place.querySelectorAll<HTMLElement>("details[open]")].map(
      (one) => one.dataset.set,
    );
    fillWith(
      place,
      !body.rule_sets.length && el("p", {}, t("standard.none")),
      ...body.rule_sets.map((set) => setPart(set, unfolded.includes(set.code))),
      editable &&
        !!body.facts?.length &&
        assessmentField(code, body.facts, () => void load(code, editable, place)),
    );
  } catch (error) {
    fillWith(place, el("p", { class: "notice notice-error" }, sentence(error)));
  }
}

function setPart(set: RuleSet, open: boolean): HTMLElement {
  const passes = set.passes === null ? "unknown" : set.passes ? "met" : "missing";
  const [tone, iconName] = SIGNS[passes];
  const counts = t("standard.counts", {
    met: set.met,
    missing: set.missing,
    unknown: set.unknown,
  });
  return el(
    "details",
    { class: "standard", "data-set": set.code, open },
    el(
      "summary",
      {},
      icon("chevron"),
      el("span", { class: "standard-name" }, inPageLanguage({ zh: set.name, en: set.name_en })),
      el(
        "span",
        { class: `open open-${tone}` },
        icon(iconName),
        el("span", {}, t(`standard.passes_${passes}`)),
      ),
      el("span", { class: "hint" }, counts),
    ),
    !set.verified && el("p", { class: "hint" }, t("standard.unverified"), " ", noteOf(set)),
    el("ul", { class: "requirements" }, ...set.requirements.map(requirementRow)),
  );
}

function requirementRow(one: Requirement): HTMLElement {
  const [tone, iconName] = SIGNS[one.state];
  const evidence = one.evidence.map(evidenceWords);
  return el(
    "li",
    { class: "requirement", "data-requirement": one.code },
    el(
      "span",
      { class: `open open-${tone}` },
      icon(iconName),
      el("span", {}, t(`standard.${one.state}`)),
    ),
    el(
      "span",
      { class: "requirement-name" },
      inPageLanguage({ zh: one.name, en: one.name_en }),
      ...[...evidence, noteOf(one)]
        .filter(Boolean)
        .map((words) => el("span", { class: "choice-hint" }, words)),
    ),
  );
}

function noteOf({ note, note_en: noteEn }: { note: string; note_en: string }): string {
  return inPageLanguage({ zh: note, en: noteEn });
}

function evidenceWords({ fact, value, unit, on, zh, en }: Evidence): string {
  const what = inPageLanguage({ zh, en }) || fact;
  const words = t("standard.evidence", { fact: what, value: valueWords(value, unit) });
  return on ? t("standard.evidence_on", { words, day: on.slice(0, 10) }) : words;
}

function valueWords(value: unknown, unit: string): string {
  if (value === null || value === undefined) return t("console.known_unknown");
  const word = value === true ? "yes" : value === false ? "no" : String(value);
  const key = `standard.value_${word}`;
  return hasText(key) ? t(key) : `${word}${unit && ` ${unit}`}`;
}
