// What the planners' page and the map in its frame tell each other, by window.postMessage.

import type { CellLayerName } from "./cell_data";
import type { ChangedCells } from "./changes";
import type { Edits, Place } from "./edits";

export const TRIED_VIEWS = ["change", "swipe", "now"] as const;
export type TriedView = (typeof TRIED_VIEWS)[number];

/** Edits, and what they change; null while that is being computed. */
export interface Tried {
  edits: Edits;
  changed: ChangedCells | null;
}

/** An area by its corners; while it is not closed, more may come. */
export interface Outline {
  corners: Place[];
  isClosed: boolean;
}

/** The page tells the map. */
export interface ToMap {
  /** A district to look at; null for the whole area. */
  focus?: string | null;
  layer?: CellLayerName;
  /** A station to go to. */
  station?: string;
  /** Whether a planner tries something out: stations can be moved and closed. */
  planning?: boolean;
  /** Whether the next click puts a new place there. */
  placing?: boolean;
  tried?: Tried | null;
  view?: TriedView;
  /** Whether clicks are corners of an area. */
  drawing?: boolean;
  /** The area that is drawn. */
  outline?: Outline;
  /** Save what is in sight as a picture. */
  picture?: string;
}

/** The map tells the page. */
export interface FromMap {
  layer?: CellLayerName;
  add?: Place;
  /** The added place that was dragged elsewhere. */
  moveAdded?: Place & { index: number };
  move?: Place & { code: string };
  close?: string;
  /** A corner of the area that is drawn. */
  corner?: Place;
  /** The station that is as it was. */
  keep?: string;
  /** Names of stations by their codes. */
  names?: Record<string, string>;
}

/** A message of the other window; null for anybody else's. */
export function messageFrom<Message>(event: MessageEvent, other: Window | null): Message | null {
  if (event.origin !== location.origin || event.source !== other) return null;
  return typeof event.data === "object" ? (event.data as Message | null) : null;
}
