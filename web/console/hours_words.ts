// Opening hours as understood (OSM syntax), said back in plain words.

import { t } from "../shared/i18n";

const DAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su", "PH"] as const;
const DAY = `(?:${DAYS.join("|")})`;
const SPAN = "\\d{1,2}:\\d{2}\\s*-\\s*\\d{1,2}:\\d{2}\\+?";
const RULE = new RegExp(
  `^(?:(${DAY}(?:\\s*[-,]\\s*${DAY})*)\\s*)?(off|closed|24/7|${SPAN}(?:\\s*,\\s*${SPAN})*)$`,
);

/** Plain words for simple weekly hours; null for syntax that has no simple words. */
export function hoursWords(hours: string): string | null {
  const rules = hours
    .split(/;|\|\|/)
    .map((rule) => rule.trim())
    .filter(Boolean);
  const words = rules.map(ruleWords);
  if (!words.length || words.includes(null)) return null;
  return words.join(t("console.hours_rule_separator"));
}

function ruleWords(rule: string): string | null {
  const parts = RULE.exec(rule);
  if (!parts) return null;
  const [, days, times = ""] = parts;
  const when = days ? dayWords(days) : t("console.hours_every_day");
  if (times === "24/7") return t("console.hours_24");
  if (times === "off" || times === "closed") return t("console.hours_off", { days: when });
  if (times === "00:00-24:00")
    return t("console.hours_days", { days: when, times: t("console.hours_24") });
  return t("console.hours_days", { days: when, times: timeWords(times) });
}

function dayWords(days: string): string {
  const compact = days.replace(/\s+/g, "");
  if (compact === "Mo-Su") return t("console.hours_every_day");
  return compact
    .split(",")
    .map((part) => {
      const [first = "", last] = part.split("-");
      const from = t(`console.day_${first}`);
      return last ? t("console.hours_range", { from, to: t(`console.day_${last}`) }) : from;
    })
    .join(t("common.list_separator"));
}

function timeWords(times: string): string {
  return times
    .split(",")
    .map((span) => span.trim().replace(/\b0(\d:)/g, "$1"))
    .join(t("common.list_separator"));
}
