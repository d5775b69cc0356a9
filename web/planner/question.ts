// What the planner asks: kept in the address after #, so that a link shows the same figures.

import { queryString } from "../shared/api";
import { CELL_LAYERS } from "./cell_data";

export const MINUTES = [5, 10, 15, 30] as const;
export const MOST_MINUTES = 60;
export const LAYERS = CELL_LAYERS;
export const PROFILES = ["walk", "ebike"] as const;

export interface Question {
  area: string;
  kinds: string[];
  minutes: number;
  layer: (typeof LAYERS)[number];
  profile: (typeof PROFILES)[number];
  /** Date and time as typed, of Ningbo; null counts every active station, open or not. */
  at: string | null;
}

const TYPED_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;

/** The question in the address; what is missing or not understood is the default. */
export function questionFrom(hash: string, rootArea: string): Question {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const minutes = Number(given.get("minutes") ?? 15);
  const at = given.get("at");
  const kinds = (given.get("kind") ?? "").split(",").filter((kind) => /^[a-z_]+$/.test(kind));
  return {
    area: /^\d{6,12}$/.test(given.get("area") ?? "") ? String(given.get("area")) : rootArea,
    kinds: kinds.length > 0 ? kinds : ["rest_station"],
    minutes: isMinutes(minutes) ? minutes : 15,
    layer: LAYERS.find((layer) => layer === given.get("layer")) ?? "minutes",
    profile: PROFILES.find((profile) => profile === given.get("profile")) ?? "walk",
    at: at !== null && TYPED_TIME.test(at) ? at : null,
  };
}

/** Whether the service counts so many minutes. */
export function isMinutes(minutes: number): boolean {
  return Number.isInteger(minutes) && minutes >= 1 && minutes <= MOST_MINUTES;
}

/** The address after # of a question. */
export function hashOf(question: Question): string {
  return `#${queryOf(question)}&layer=${question.layer}`;
}

/** Where the figures are. */
export function figuresPath(question: Question): string {
  return `/v1/coverage?${queryOf(question)}`;
}

/** Where each station's part in them is. */
export function stationsPath(question: Question): string {
  return `/v1/coverage/stations?${queryOf(question)}`;
}

/** Where the 24-hour curve is: it has its own times. */
export function hoursPath(question: Question): string {
  return `/v1/coverage/hours?${queryOf({ ...question, at: null })}`;
}

/** Where the map is. */
export function mapPath(question: Question, lang: string): string {
  return `/v1/coverage/map?${queryOf(question)}&layer=${question.layer}&lang=${lang}`;
}

/** Where a file of the coverage is. */
export function exportPath(question: Question, format: string, of: string, lang: string): string {
  return `/v1/coverage/export?${queryOf(question)}&${queryString({ format, of, lang })}`;
}

/** A name for a file of these figures; two questions never have the same. */
export function fileName({ area, minutes, profile, kinds, at }: Question): string {
  const when = at === null ? [] : [at.replace(/[-:]/g, "")];
  return ["nuanyi-coverage", area, `${minutes}min`, profile, kinds.join("+"), ...when].join("-");
}

/** Without an offset the service takes a time as Ningbo's. */
function queryOf(question: Question): string {
  return queryString({
    area: question.area,
    minutes: question.minutes,
    kind: question.kinds,
    profile: question.profile,
    at: question.at,
  });
}
