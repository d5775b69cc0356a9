// Whiles in which a station is closed. People give whole days, both counted; the service keeps
// instants, the end not counted. A while that is not of whole days is kept as it is.

import { dayOf } from "./event_words";
import { t } from "./i18n";
import type { Closure } from "./types";

export interface ClosedDays {
  /** YYYY-MM-DD, or RFC 3339 where the while does not begin or end with a day. */
  from: string;
  until: string;
  reason: string;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A closure as people give it. */
export function closedDays({ starts_at, ends_at, reason }: Closure): ClosedDays {
  const [starts, ends] = [new Date(starts_at), new Date(ends_at)];
  if (!isMidnight(starts) || !isMidnight(ends)) return { from: starts_at, until: ends_at, reason };
  const last = new Date(ends.getTime() - 1);
  return { from: dayOf(starts), until: dayOf(last), reason };
}

/** Whether both ends are whole days, which the form can edit. */
export function isWholeDays({ from, until }: ClosedDays): boolean {
  return DAY.test(from) && DAY.test(until);
}

/** One text for a closure, so that a form can hold it and two can be compared. */
export function encoded({ from, until, reason }: ClosedDays): string {
  return `${from} ${until} ${reason.trim()}`;
}

/** The closure of such a text. */
export function decoded(text: string): ClosedDays {
  const [from = "", until = "", ...reason] = text.split(" ");
  return { from, until, reason: reason.join(" ") };
}

/** A closure in words. */
export function closureWords({ from, until, reason }: ClosedDays): string {
  const days =
    from === until
      ? t("closure.day", { day: spoken(from) })
      : t("closure.days", { from: spoken(from), until: spoken(until) });
  return t("closure.words", { days, reason });
}

/** What is wrong with what was typed: the key of a sentence, or null. */
export function closureProblem({ from, until, reason }: ClosedDays): string | null {
  if (!from || !until) return "closure.day_missing";
  if (until < from) return "closure.wrong_order";
  return reason.trim() ? null : "closure.reason_missing";
}

/** Whether it is over on this day. */
export function isOver({ until }: ClosedDays, today: string): boolean {
  return until.slice(0, 10) < today;
}

function isMidnight(date: Date): boolean {
  return (date.getTime() + 8 * 3_600_000) % 86_400_000 === 0;
}

function spoken(end: string): string {
  return DAY.test(end) ? end : end.slice(0, 16).replace("T", " ");
}
