// The answer of POST /v1/coverage/what-if, and what is kept of a scenario.

import type { ChangedCells } from "./changes";
import type { Edits, Place } from "./edits";
import { type Backup, crossCovered, type Demand, type Remark } from "./figures";
import type { Question } from "./question";

export interface Gain {
  residents_served: number;
  workers_served: number;
  residents_uncovered: number;
  workers_without_capacity: number;
  backup: Backup;
}

interface Side {
  demand: Demand;
  backup: Backup;
}

export interface ChangedArea {
  code: string;
  name: string;
  name_en: string | null;
  before: Side;
  after: Side;
  gain: Gain;
}

export interface WhatIf {
  before: Side;
  after: Side;
  gain: Gain;
  areas: ChangedArea[];
  added: { label: string; routable: boolean; residents: number; only_residents: number }[];
  moved: { code: string; routable: boolean }[];
  cells: ChangedCells;
  remarks: Remark[];
}

export interface Scenario {
  id: number;
  name: string;
  owner: string;
  mine: boolean;
  shared: boolean;
  question: { area: string; minutes: number; kinds: string[]; profile: string; at: string | null };
  edits: Edits;
}

export interface SuggestedSite extends Place {
  label: string;
  gain: number;
  cumulative_share: number;
  areas: { code: string; name: string; name_en: string | null; residents: number }[];
}

/** The answer of POST /v1/coverage/suggest. */
export interface Suggestion {
  objective: "demand" | "backup" | "worst_off";
  candidates: number;
  gain: number;
  bound: number;
  gap: number;
  proven_optimal: boolean;
  lacking: number;
  sites: SuggestedSite[];
  remarks: Remark[];
}

/** The question as the service wants it. */
export function askedBody(question: Question): Record<string, unknown> {
  const { area, minutes, kinds, profile, at } = question;
  return { area, minutes, kind: kinds, profile, at };
}

/** The question and the edits as the service wants them. */
export function whatIfBody(question: Question, edits: Edits): Record<string, unknown> {
  return { ...askedBody(question), ...edits };
}

/** The question of a scenario as this page asks it: a time as typed, of Ningbo. */
export function questionOf({ question }: Scenario): Omit<Question, "layer"> {
  const { area, minutes, kinds, at } = question;
  const profile = question.profile === "ebike" ? "ebike" : "walk";
  return { area, minutes, kinds, profile, at: at === null ? null : at.slice(0, 16) };
}

/** By how many more residents two stations or more are reached. */
export function crossGain({ backup }: Gain): number {
  return crossCovered(backup);
}

/** The areas of which anything changes. */
export function changedAreas(areas: readonly ChangedArea[]): ChangedArea[] {
  return areas.filter(({ gain }) => {
    const { backup, ...others } = gain;
    return [...Object.values(others), ...Object.values(backup)].some((value) => value !== 0);
  });
}
