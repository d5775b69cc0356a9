// Counts, shares and minutes as planners read them.

import { t } from "../shared/i18n";

/** What stands where there is no number: a share of nobody is not 0 %. */
export const NO_NUMBER = "—";

/** 9777000 as 9,777,000. */
export function countWords(value: number): string {
  return value.toLocaleString("en-US");
}

/** A difference with its sign; none has none. */
export function signed(value: number): string {
  return value > 0 ? `+${countWords(value)}` : value < 0 ? `−${countWords(-value)}` : "0";
}

/** A part of one as a percentage with one decimal; never 0.0 % or 100.0 % unless it is that. */
export function shareWords(part: number): string {
  const rounded = Math.round(part * 1000) / 10;
  if (part > 0 && rounded === 0) return "<0.1%";
  if (part < 1 && rounded === 100) return ">99.9%";
  return `${rounded.toFixed(1)}%`;
}

/** A part of a total as a percentage; of nobody there is none. */
export function partWords(part: number, total: number): string {
  return total > 0 ? shareWords(part / total) : NO_NUMBER;
}

/** Minutes with one decimal; what is beyond the limit is said to be so. */
export function minutesWords(minutes: number | null, limit: number): string {
  const known = minutes !== null && Number.isFinite(minutes);
  return known ? minutes.toFixed(1) : t("planner.over_minutes", { minutes: limit });
}

/** An instant as Ningbo's date and time; what is none stays as it is. */
export function instantWords(value: string): string {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return value;
  return new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Asia/Shanghai",
    dateStyle: "short",
    timeStyle: "short",
  }).format(date);
}
