// The courier's question, and what is sent for it.

import { queryString } from "../shared/api";
import { hasText, t } from "../shared/i18n";
import type { Profile } from "../shared/types";
import { roundedDegrees } from "../shared/units";

export const WIDEST_M = 20_000;
export const LIMITS = [5, 15, 50] as const;

export type OriginBy = "device" | "map" | "district" | "area" | "search";

export interface Origin {
  lon: number;
  lat: number;
  by: OriginBy;
  /** The name of the district or of the place, where the origin is one. */
  name: string;
  accuracyM: number | null;
}

export interface Question {
  origin: Origin | null;
  profile: Profile;
  /** Empty: every kind. */
  kinds: string[];
  services: string[];
  includeUnknown: boolean;
  showClosed: boolean;
  /** Null: the usual reach of the profile. */
  withinM: number | null;
  limit: number;
  /** Only where one gets in without a phone. */
  noApp: boolean;
  /** Whether events nearby are wanted too. */
  events: boolean;
}

export const FIRST_QUESTION: Question = {
  origin: null,
  profile: "walk",
  kinds: ["rest_station"],
  services: [],
  includeUnknown: false,
  showClosed: false,
  withinM: null,
  limit: LIMITS[0],
  noApp: false,
  events: false,
};

/** The address to ask for the nearest stations; the position is rounded to about a metre. */
export function nearestPath(question: Question, origin: Origin): string {
  const query = queryString({
    lon: roundedDegrees(origin.lon),
    lat: roundedDegrees(origin.lat),
    crs: "wgs84",
    kind: question.kinds,
    service: question.services,
    open: question.showClosed ? "any" : "on_arrival",
    profile: question.profile,
    sort: "minutes",
    limit: question.limit,
    within_m: question.withinM,
    unknown:
      question.includeUnknown && (question.services.length > 0 || question.noApp)
        ? "include"
        : null,
    no_app: question.noApp ? "1" : null,
    events: question.events ? "include" : null,
    route: "include",
  });
  return `/v1/stations/nearest?${query}`;
}

/** The list with `value` added, or taken out where it was in. */
export function toggled(values: readonly string[], value: string): string[] {
  return values.includes(value) ? values.filter((one) => one !== value) : [...values, value];
}

/** The next number of stations to show; the same where there are no more steps. */
export function nextLimit(limit: number): number {
  return LIMITS.find((step) => step > limit) ?? limit;
}

export type Remedy = "include_unknown" | "show_closed" | null;

export interface LeftOut {
  words: string;
  remedy: Remedy;
}

/** What was left out and why, each with what would bring it in. */
export function leftOutLines(
  leftOut: Readonly<Record<string, number>>,
  serviceNames: string,
): LeftOut[] {
  const lines: LeftOut[] = [];
  for (const [reason, count] of Object.entries(leftOut)) {
    if (count <= 0) continue;
    const key = `courier.left_out_${reason}`;
    const words = t(hasText(key) ? key : "courier.left_out_other", {
      count,
      services: serviceNames,
    });
    lines.push({ words, remedy: remedyFor(reason) });
  }
  return lines;
}

function remedyFor(reason: string): Remedy {
  if (reason === "service_unknown" || reason === "no_app_unknown") return "include_unknown";
  return reason.includes("closed") ? "show_closed" : null;
}
