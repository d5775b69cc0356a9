// The scoreboard's figures: their shapes and their words.

import { t } from "../shared/i18n";
import type { Tone } from "../shared/open_state";
import { countWords, shareWords } from "./numbers";

export interface Indicator {
  code: string;
  name: string;
  name_en: string;
  value: number | null;
  /** `share` is a part of one; anything else is a number. */
  unit: string;
  target: number | null;
  /** The target is a most, not a least. */
  at_most: boolean;
  met: boolean | null;
  numerator: number | null;
  denominator: number | null;
  /** How many more may belong to the figure. */
  unknown: number;
  /** Whether the target was checked against the document itself. */
  verified: boolean;
  note: string;
  note_en: string;
  /** Where the list behind the number is. */
  list: string;
}

export interface Scoreboard {
  area: string;
  as_of: string;
  data_version: number;
  rule_set: {
    code: string;
    name: string;
    name_en: string;
    version: string;
    verified: boolean;
    note: string;
    note_en: string;
  };
  counted: { stations: number; zh: string; en: string };
  towns: number;
  indicators: Indicator[];
}

/** A figure in words; what is not known is said to be so, never zero. */
export function valueWords(value: number | null, unit: string): string {
  if (value === null) return t("score.unknown");
  if (unit === "share") return shareWords(value);
  return Number.isInteger(value) ? countWords(value) : value.toFixed(2);
}

/** Whether the target is met: the words, and the sign beside them. */
export function metSign(met: boolean | null): { tone: Tone; iconName: string; key: string } {
  if (met === null) return { tone: "unsure", iconName: "question", key: "score.met_unknown" };
  return met
    ? { tone: "good", iconName: "check", key: "score.met" }
    : { tone: "bad", iconName: "close", key: "score.not_met" };
}
