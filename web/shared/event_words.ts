// When an event is, in words; all times are Ningbo's.

import { t } from "./i18n";
import { config } from "./page";

const ZONE = "Asia/Shanghai";

/** The time of an event: one day with its hours, or the first and the last day. */
export function eventWhen(startsAt: string, endsAt: string, now: Date = new Date()): string {
  const starts = new Date(startsAt);
  const ends = new Date(endsAt);
  const from = dayWords(starts, now);
  const [begins, closes] = [clock(starts), clock(ends)];
  if (dayOf(starts) === dayOf(ends)) return t("event.when_day", { day: from, begins, closes });
  const until = dayWords(ends, now);
  return t("event.when_days", { from, begins, until, closes });
}

/** A day of Ningbo as YYYY-MM-DD. */
export function dayOf(date: Date): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, dateStyle: "short" }).format(date);
}

function dayWords(date: Date, now: Date): string {
  const day = dayOf(date);
  if (day === dayOf(now)) return t("event.today");
  if (day === dayOf(new Date(now.getTime() + 86_400_000))) return t("event.tomorrow");
  const parts: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", weekday: "short" };
  if (day.slice(0, 4) !== dayOf(now).slice(0, 4)) parts.year = "numeric";
  const language = config.lang === "en" ? "en-GB" : "zh-CN";
  return new Intl.DateTimeFormat(language, { ...parts, timeZone: ZONE }).format(date);
}

function clock(date: Date): string {
  const parts: Intl.DateTimeFormatOptions = {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: ZONE,
  };
  return new Intl.DateTimeFormat("zh-CN", parts).format(date);
}
