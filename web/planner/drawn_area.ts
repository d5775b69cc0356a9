// An area that a planner draws: who lives in it, who of them has a station, and where not to build.

import { isAbort } from "../shared/api";
import { button, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { askAsAccount } from "../shared/session";
import type { Place } from "./edits";
import type { Coverage } from "./figures";
import type { Outline, ToMap } from "./messages";
import { countWords } from "./numbers";
import { patiently } from "./patience";
import type { Question } from "./question";
import { plainSentence } from "./refusals";
import { drawHeadline, drawRemarks, drawSums } from "./summary";
import { askedBody } from "./what_if";

export interface Polygon {
  type: "Polygon";
  coordinates: [number, number][][];
}

export interface DrawnAreaHooks {
  question: () => Question;
  tellMap: (message: ToMap) => void;
  /** Clicks on the map are of the outline from now on, or no more. */
  onDrawing: () => void;
}

const LEAST_CORNERS = 3;

/** The outline as the service wants it; null until it is closed. */
export function polygonOf({ corners, isClosed }: Outline): Polygon | null {
  const [first] = corners;
  if (!isClosed || !first || corners.length < LEAST_CORNERS) return null;
  return {
    type: "Polygon",
    coordinates: [[...corners, first].map(({ lon, lat }): [number, number] => [lon, lat])],
  };
}

/** The room of the drawn area: its buttons, and the figures of what lies in it. */
export class DrawnArea {
  readonly room: HTMLElement;
  private outline: Outline = { corners: [], isClosed: false };
  private isDrawing = false;
  private asking: AbortController | null = null;
  private readonly controls = el("div", { class: "try-controls" });
  private readonly found = el("div", { class: "drawn-found", id: "drawn", "aria-live": "polite" });

  constructor(private readonly hooks: DrawnAreaHooks) {
    this.room = el(
      "details",
      { class: "suggest-room", id: "drawn-room" },
      el("summary", {}, t("planner.drawn_heading")),
      el("p", { class: "hint" }, t("planner.drawn_hint")),
      this.controls,
      this.found,
    );
    this.draw();
  }

  /** Where not to build. */
  polygon(): Polygon | null {
    return polygonOf(this.outline);
  }

  /** A corner was put on the map. */
  add(corner: Place): void {
    if (!this.isDrawing) return;
    this.set({ corners: [...this.outline.corners, corner], isClosed: false });
  }

  /** Clicks are of something else now. */
  stop(): void {
    if (this.isDrawing) this.setDrawing(false);
  }

  /** The map was loaded anew. */
  tellAgain(): void {
    this.hooks.tellMap({ drawing: this.isDrawing, outline: this.outline });
  }

  /** Another question was asked. */
  askAgain(): void {
    if (this.outline.isClosed) void this.ask();
  }

  private setDrawing(wanted: boolean): void {
    this.isDrawing = wanted;
    if (wanted) this.hooks.onDrawing();
    this.hooks.tellMap({ drawing: wanted });
    this.draw();
  }

  private set(outline: Outline): void {
    this.asking?.abort();
    this.outline = outline;
    fillWith(this.found);
    this.hooks.tellMap({ outline });
    this.draw();
  }

  private draw(): void {
    const { corners, isClosed } = this.outline;
    const focused = document.activeElement?.id;
    const start = button(
      t("planner.drawn_draw"),
      () => {
        if (isClosed) this.set({ corners: [], isClosed: false });
        this.setDrawing(!this.isDrawing);
      },
      { class: "chip", id: "drawn-draw", "aria-pressed": String(this.isDrawing) },
      "plus",
    );
    const small = { class: "button button-small" };
    const back = button(
      t("planner.drawn_back"),
      () => this.set({ corners: corners.slice(0, -1), isClosed: false }),
      { ...small, id: "drawn-back" },
      "undo",
    );
    back.disabled = corners.length === 0 || isClosed;
    const done = button(t("planner.drawn_done"), () => this.close(), {
      ...small,
      id: "drawn-done",
    });
    done.disabled = corners.length < LEAST_CORNERS || isClosed;
    const clear = button(
      t("planner.drawn_clear"),
      () => {
        this.set({ corners: [], isClosed: false });
        this.stop();
      },
      { ...small, id: "drawn-clear" },
    );
    clear.disabled = corners.length === 0;
    const count = el(
      "span",
      { class: "hint", role: "status" },
      isClosed || corners.length === 0 ? "" : t("planner.drawn_corners", { count: corners.length }),
    );
    fillWith(this.controls, start, back, done, clear, count);
    if (focused && document.activeElement === document.body) {
      document.getElementById(focused)?.focus();
    }
  }

  private close(): void {
    this.set({ ...this.outline, isClosed: true });
    this.stop();
    void this.ask();
  }

  private async ask(): Promise<void> {
    const polygon = this.polygon();
    if (!polygon) return;
    this.asking?.abort();
    const own = new AbortController();
    this.asking = own;
    fillWith(this.found, el("p", { class: "hint", role: "status" }, t("planner.computing")));
    try {
      const body = { ...askedBody(this.hooks.question()), polygon };
      const options = { method: "POST", body, signal: own.signal } as const;
      const answer = await patiently<Coverage>("/v1/coverage", options, askAsAccount);
      if (!own.signal.aborted) this.show(answer);
    } catch (error) {
      if (isAbort(error) || own.signal.aborted) return;
      fillWith(
        this.found,
        el("p", { class: "notice notice-error", role: "alert" }, plainSentence(error)),
      );
    }
  }

  private show(answer: Coverage): void {
    const figures = el("ul", { class: "figures" });
    const remarks = el("ul", { class: "remarks" });
    const sums = el("div", { class: "sums" });
    drawHeadline(figures, answer);
    drawRemarks(remarks, answer.remarks);
    drawSums(sums, answer);
    const stations = t("planner.drawn_stations", { count: countWords(answer.stations.counted) });
    fillWith(this.found, el("p", {}, stations), figures, remarks, sums);
  }
}
