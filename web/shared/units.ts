// Numbers for people: minutes, metres, dates; all times are Ningbo's.

import { t } from "./i18n";
import { config } from "./page";

const ZONE = "Asia/Shanghai";

/** Minutes as shown: whole, and never less than one. */
export function wholeMinutes(minutes: number): number {
  return Math.max(1, Math.round(minutes));
}

/** A distance in words: metres to 10 m, from one kilometre on to 0.1 km. */
export function distanceWords(metres: number): string {
  if (metres < 1000)
    return t("common.metres", { metres: Math.max(10, Math.round(metres / 10) * 10) });
  return t("common.kilometres", { km: (metres / 1000).toFixed(1) });
}

/** An instant as a clock time; with its day where that is not today. */
export function clockTime(instant: string, now: Date = new Date()): string {
  const date = new Date(instant);
  const time = formatted(date, { hour: "2-digit", minute: "2-digit", hour12: false }, "zh-CN");
  const clock = time.replace(/^24/, "00");
  if (dayNumber(date) === dayNumber(now)) return clock;
  if (dayNumber(date) === dayNumber(now) + 1) return t("common.tomorrow", { time: clock });
  const day = formatted(date, { weekday: "short", month: "numeric", day: "numeric" });
  return t("common.day_time", { day, time: clock });
}

/** How long ago a day (YYYY-MM-DD) was, in words. */
export function daysAgoWords(day: string, now: Date = new Date()): string {
  const days = Math.max(
    0,
    dayNumber(now) - dayNumber(new Date(`${day.slice(0, 10)}T12:00:00+08:00`)),
  );
  if (days === 0) return t("common.today");
  if (days === 1) return t("common.yesterday");
  if (days < 60) return t("common.days_ago", { days });
  return t("common.months_ago", { months: Math.floor(days / 30) });
}

/** How old an answer is, in words. */
export function ageWords(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  return minutes < 1 ? t("common.just_now") : t("common.minutes_ago", { minutes });
}

/** A coordinate that tells the block but not the person: about one metre. */
export function roundedDegrees(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5;
}

function dayNumber(date: Date): number {
  return Math.floor((date.getTime() + 8 * 3_600_000) / 86_400_000);
}

function formatted(date: Date, options: Intl.DateTimeFormatOptions, locale?: string): string {
  const language = locale ?? (config.lang === "en" ? "en-GB" : "zh-CN");
  return new Intl.DateTimeFormat(language, { ...options, timeZone: ZONE }).format(date);
}
