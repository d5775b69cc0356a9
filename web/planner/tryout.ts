// What if: a planner puts places on the map, moves and closes stations, and sees the change at once.

import { isAbort, Problem } from "../shared/api";
import { byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { askAsAccount, logInForm, readSession } from "../shared/session";
import type { Account } from "../shared/types";
import { DrawnArea } from "./drawn_area";
import {
  type Edits,
  isEmpty,
  NO_EDITS,
  type Place,
  withAdded,
  withAddedAt,
  withClosed,
  withMoved,
  withStationAsItIs,
} from "./edits";
import { keepEdits, keptEdits } from "./kept_edits";
import type { FromMap, ToMap, Tried, TriedView } from "./messages";
import { patiently } from "./patience";
import type { Question } from "./question";
import { plainSentence } from "./refusals";
import { showScenarios } from "./scenarios";
import { type SuggestionRoom, suggestionRoom } from "./suggestions";
import { drawTryout, savingForm } from "./tryout_panel";
import { questionOf, type Scenario, type WhatIf, whatIfBody } from "./what_if";

export interface TryoutHooks {
  question: () => Question;
  ask: (question: Omit<Question, "layer">) => void;
  tellMap: (message: ToMap) => void;
  /** A question in words. */
  words: (question: Omit<Question, "layer">) => string;
}

let hooks: TryoutHooks;
let isPlanner = false;
let edits: Edits = NO_EDITS;
let past: Edits[] = [];
let answer: WhatIf | null = null;
let problem = "";
let view: TriedView = "change";
let placing = false;
let asking: AbortController | null = null;
let panel: HTMLElement;
let saving: HTMLElement;
let suggestions: SuggestionRoom;
let drawn: DrawnArea;
const names = new Map<string, string>();

/** Show the room of whoever is logged in. */
export async function setUpTryout(given: TryoutHooks): Promise<void> {
  hooks = given;
  try {
    const account = await readSession();
    if (account) enter(account);
    else showLogIn();
  } catch (error) {
    fillWith(byId("tryout"), el("p", { class: "notice notice-error" }, plainSentence(error)));
  }
}

/** The map was loaded anew: it knows nothing yet. */
export function tellAgain(): void {
  if (!isPlanner) return;
  hooks.tellMap({ planning: true, placing, view, tried: tried() });
  drawn.tellAgain();
}

/** Another question was asked: the same edits are tried on it. */
export function tryAgain(): void {
  if (!isPlanner) return;
  suggestions.clear();
  drawn.askAgain();
  if (!isEmpty(edits)) void compute();
}

/** What a planner did on the map. */
export function hearTryout(message: FromMap): void {
  if (!isPlanner) return;
  if (message.add) edit(withAdded(edits, message.add, capacityTyped()));
  if (message.moveAdded) edit(withAddedAt(edits, message.moveAdded.index, message.moveAdded));
  if (message.move) edit(withMoved(edits, message.move.code, message.move));
  if (message.corner) drawn.add(message.corner);
  if (message.close) edit(withClosed(edits, message.close));
  if (message.keep) edit(withStationAsItIs(edits, message.keep));
  if (message.names) {
    for (const [code, name] of Object.entries(message.names)) names.set(code, name);
    draw(asking !== null && answer === null && problem === "");
  }
}

function showLogIn(): void {
  const place = el("div");
  const room = el(
    "details",
    { class: "tryout-login" },
    el("summary", {}, t("planner.try_log_in")),
    el("p", { class: "hint" }, t("planner.try_log_in_hint")),
    place,
  );
  room.addEventListener("toggle", () => {
    if (room.open && !place.hasChildNodes()) logInForm(place, "planner", enter);
  });
  fillWith(byId("tryout"), room);
}

/** All at once, so that one step back takes all of them away; returns the first one's number. */
function placeAll(places: Place[], instead: boolean): number {
  const capacity = capacityTyped();
  const kept = instead ? { ...edits, add: [] } : edits;
  edit(places.reduce((placed, place) => withAdded(placed, place, capacity), kept));
  return kept.add.length + 1;
}

function enter({ role }: Account): void {
  isPlanner = role === "planner" || role === "administrator";
  if (!isPlanner) {
    fillWith(byId("tryout"), el("p", { class: "hint" }, t("planner.try_not_yours")));
    return;
  }
  panel = el("div", { class: "tryout-panel" });
  saving = savingForm(save);
  suggestions = suggestionRoom({
    question: hooks.question,
    placed: () => edits.add,
    place: placeAll,
    drawn: () => drawn.polygon(),
  });
  drawn = new DrawnArea({
    question: hooks.question,
    tellMap: hooks.tellMap,
    onDrawing: () => {
      if (placing) setPlacing(false);
    },
  });
  fillWith(byId("tryout"), suggestions.room, drawn.room, panel, saving);
  edits = keptEdits();
  draw();
  tellAgain();
  if (!isEmpty(edits)) void compute();
  void showScenarios(byId("scenarios"), open, conditions);
}

function edit(next: Edits): void {
  past = [...past, edits];
  edits = next;
  void compute();
}

function conditions(scenario: Scenario): string {
  return hooks.words(questionOf(scenario));
}

function open(scenario: Scenario): void {
  past = [];
  edits = scenario.edits;
  answer = null;
  byId("tryout").scrollIntoView({ block: "nearest" });
  hooks.ask(questionOf(scenario));
  void compute();
}

async function compute(): Promise<void> {
  keepEdits(edits);
  asking?.abort();
  asking = null;
  answer = null;
  problem = "";
  if (isEmpty(edits)) {
    show(false);
    return;
  }
  const own = new AbortController();
  asking = own;
  show(true);
  try {
    const body = whatIfBody(hooks.question(), edits);
    const options = { method: "POST", body, signal: own.signal } as const;
    const found = await patiently<WhatIf>("/v1/coverage/what-if", options, askAsAccount);
    if (own.signal.aborted) return;
    answer = found;
  } catch (error) {
    if (isAbort(error) || own.signal.aborted) return;
    problem = plainSentence(error);
  }
  show(false);
}

function show(computing: boolean): void {
  draw(computing);
  hooks.tellMap({ tried: tried(), view });
}

function tried(): Tried | null {
  return isEmpty(edits) ? null : { edits, changed: answer?.cells ?? null };
}

function draw(computing = false): void {
  saving.hidden = isEmpty(edits);
  document.body.classList.toggle("trying", !isEmpty(edits));
  drawTryout(panel, {
    edits,
    answer,
    problem,
    view,
    placing,
    computing,
    canUndo: past.length > 0,
    onEdit: edit,
    onUndo: () => {
      edits = past[past.length - 1] ?? NO_EDITS;
      past = past.slice(0, -1);
      void compute();
    },
    onView: (chosen) => {
      view = chosen;
      draw();
      hooks.tellMap({ view });
    },
    onPlacing: (wanted) => {
      if (wanted) drawn.stop();
      setPlacing(wanted);
    },
    onRetry: () => void compute(),
    nameOf: (code) => names.get(code) ?? code,
    onShow: (code) => hooks.tellMap({ station: code }),
  });
}

/** Returns what is wrong, or nothing. */
async function save(name: string, shared: boolean): Promise<string> {
  try {
    const body = { ...whatIfBody(hooks.question(), edits), name, shared };
    await askAsAccount("/v1/scenarios", { method: "POST", body });
    await showScenarios(byId("scenarios"), open, conditions);
    return "";
  } catch (error) {
    if (error instanceof Problem) return plainSentence(error);
    throw error;
  }
}

function setPlacing(wanted: boolean): void {
  placing = wanted;
  draw();
  hooks.tellMap({ placing });
}

function capacityTyped(): number | null {
  const typed = document.querySelector<HTMLInputElement>("#try-capacity")?.value.trim() ?? "";
  return /^\d{1,6}$/.test(typed) ? Number(typed) : null;
}
