// The map while a planner tries something out: clicks put places down, pop-ups close and move
// stations, and the cells that change are shown, or swiped between as they are and would be.

import { cellToLatLng, latLngToCell } from "h3-js";
import * as L from "leaflet";
import { CellsLayer, ensurePane, filled } from "./cells_layer";
import { CHANGES, cellsAfter, residentsByChange } from "./changes";
import type { Place } from "./edits";
import type { FromMap, ToMap, Tried, TriedView } from "./messages";
import { countWords, signed } from "./numbers";
import { Swipe } from "./swipe";
import { ChangesLayer, drawOutline, mark } from "./tried_layer";

export interface MapHooks {
  words: Record<string, string>;
  /** The layer of cells on the map. */
  shown: () => CellsLayer | null;
  /** Where a station is, and what it is called. */
  placeOf: (code: string) => L.LatLng | null;
  nameOf: (code: string) => string | null;
  tell: (message: FromMap) => void;
}

const DOUBLE_MS = 400;

export class Planning {
  private isOn = false;
  private placing = false;
  private drawing = false;
  private placedAt = -DOUBLE_MS;
  private moving: string | null = null;
  private tried: Tried | null = null;
  private view: TriedView = "change";
  private changes: ChangesLayer | null = null;
  private after: CellsLayer | null = null;
  private swipe: Swipe | null = null;
  private readonly marks: L.LayerGroup;
  private readonly drawn: L.LayerGroup;

  constructor(
    private readonly map: L.Map,
    private readonly hooks: MapHooks,
  ) {
    this.marks = L.layerGroup().addTo(map);
    this.drawn = L.layerGroup().addTo(map);
  }

  hear(message: ToMap): void {
    if (message.planning !== undefined) this.isOn = message.planning;
    if (message.placing !== undefined || message.drawing !== undefined) {
      this.placing = message.placing ?? this.placing;
      this.drawing = message.drawing ?? this.drawing;
      if (this.placing || this.drawing) this.map.closePopup(); // one would catch the click
      this.moving = null;
      this.showHint();
    }
    if (message.outline !== undefined) drawOutline(this.drawn, message.outline);
    if (message.view !== undefined) this.view = message.view;
    if (message.tried !== undefined) this.setTried(message.tried);
    if (message.tried !== undefined || message.view !== undefined) this.refresh();
  }

  /** Whether a click was one of planning; if so it is done. */
  takes({ lat, lng }: L.LatLng): boolean {
    if (this.moving !== null) {
      this.hooks.tell({ move: { code: this.moving, lon: lng, lat } });
      this.moving = null;
      this.showHint();
      return true;
    }
    if (!this.placing && !this.drawing) return false;
    // the second click of two is of a hand that wanted to come nearer
    const now = performance.now();
    const place = { lon: lng, lat };
    if (now - this.placedAt > DOUBLE_MS) {
      this.hooks.tell(this.drawing ? { corner: place } : { add: place });
    }
    this.placedAt = now;
    return true;
  }

  /** Buttons of a station's pop-up. */
  buttonsOf(code: string): HTMLElement | null {
    if (!this.isOn) return null;
    const { words, tell } = this.hooks;
    const edits = this.tried?.edits;
    const isMoved = edits?.move.some((one) => one.code === code) ?? false;
    const isClosed = edits?.close.includes(code) ?? false;
    const box = L.DomUtil.create("div", "map-buttons");
    const button = (text: string | undefined, act: () => void): void => {
      const made = L.DomUtil.create("button", "map-button", box);
      made.type = "button";
      made.textContent = text ?? "";
      made.addEventListener("click", () => {
        this.map.closePopup();
        act();
      });
    };
    if (isMoved || isClosed) button(words.try_keep, () => tell({ keep: code }));
    if (!isClosed) button(words.try_close, () => tell({ close: code }));
    button(words.try_move, () => {
      this.moving = code;
      this.showHint();
    });
    return box;
  }

  /** What changes in the cell at a place, one fact a line; none where nothing does. */
  factsAt({ lat, lng }: L.LatLng): string[] {
    const changed = this.tried?.changed;
    if (!changed || !this.changes || this.view === "now") return [];
    const i = this.changes.find(latLngToCell(lat, lng, changed.res));
    if (i < 0) return [];
    const { words } = this.hooks;
    const minutes = (value: number | null | undefined): string =>
      value === null || value === undefined ? (words.try_none ?? "") : value.toFixed(1);
    return [
      filled(words.try_cell_minutes, {
        before: minutes(changed.minutes_before[i]),
        after: minutes(changed.minutes_after[i]),
      }),
      filled(words.try_cell_stations, {
        before: countWords(changed.reached_by_before[i] ?? 0),
        after: countWords(changed.reached_by_after[i] ?? 0),
      }),
      filled(words.try_cell_people, {
        residents: signed(changed.residents_gained[i] ?? 0),
        workers: signed(changed.workers_gained[i] ?? 0),
      }),
    ];
  }

  /** Show again what belongs to the layer of cells that is on the map now. */
  refresh(): void {
    this.swipe?.remove();
    this.after?.remove();
    this.changes?.remove();
    this.swipe = null;
    this.after = null;
    const changed = this.tried?.changed ?? null;
    const layer = this.hooks.shown();
    const legend = document.getElementById("change-legend");
    const isChange = changed !== null && this.view === "change";
    if (legend) legend.hidden = !isChange;
    const note = document.getElementById("swipe-note");
    if (note) note.hidden = changed === null || this.view !== "swipe";
    layer?.setOpacity(isChange ? 0.35 : layer.field.data.opacity);
    if (changed === null || layer === null) return;
    if (isChange) this.changes?.addTo(this.map);
    if (this.view !== "swipe") return;
    const after = layer.field.with(cellsAfter(layer.field.cells, changed));
    this.after = new CellsLayer(after, layer.layer, "after").addTo(this.map);
    const { words } = this.hooks;
    this.swipe = new Swipe(this.map, ensurePane(this.map, "cells"), ensurePane(this.map, "after"), {
      handle: words.swipe_handle ?? "",
      before: words.swipe_before ?? "",
      after: words.swipe_after ?? "",
    });
  }

  private setTried(tried: Tried | null): void {
    this.changes?.remove();
    const hadChanges = this.changes !== null;
    this.tried = tried;
    const said = document.getElementById("map-trial");
    if (said) said.hidden = tried === null;
    this.changes = tried?.changed ? new ChangesLayer(tried.changed) : null;
    this.marks.clearLayers();
    if (tried) {
      this.drawMarks(tried);
      this.tellNames(tried);
    }
    if (!this.changes || !tried?.changed) return;
    const sums = residentsByChange(tried.changed);
    for (const name of CHANGES) {
      const place = document.querySelector(`#change-legend [data-change="${name}"]`);
      if (place) place.textContent = countWords(sums[name]);
    }
    if (!hadChanges) this.look(tried);
  }

  /** Go near what is tried out, where it is out of sight or too small to see. */
  private look({ edits, changed }: Tried): void {
    const places: L.LatLng[] = [...edits.add, ...edits.move].map(({ lat, lon }) =>
      L.latLng(lat, lon),
    );
    for (const cell of changed?.cells ?? []) places.push(L.latLng(cellToLatLng(cell)));
    if (places.length === 0) return;
    const bounds = L.latLngBounds(places).pad(0.3);
    const isSmall = this.map.getBoundsZoom(bounds) > this.map.getZoom() + 2;
    if (isSmall || !this.map.getBounds().contains(bounds)) {
      this.map.fitBounds(bounds, { animate: false, maxZoom: 14 });
    }
  }

  private drawMarks({ edits }: Tried): void {
    const { words, tell, placeOf } = this.hooks;
    edits.add.forEach((place, index) => {
      const letters = `+${index + 1}`;
      const name = filled(words.try_new, { number: String(index + 1) });
      const dragged = (to: Place): void => tell({ moveAdded: { index, ...to } });
      this.marks.addLayer(mark(place, letters, name, "tried-new", dragged));
    });
    for (const { code, ...place } of edits.move) {
      const name = filled(words.try_moved, { code });
      const dragged = (to: Place): void => tell({ move: { code, ...to } });
      this.marks.addLayer(mark(place, "→", name, "tried-moved", dragged));
      const from = placeOf(code);
      const way =
        from && L.polyline([from, [place.lat, place.lon]], { color: "#1c1917", weight: 2 });
      if (way) this.marks.addLayer(way);
    }
    for (const code of edits.close) {
      const at = placeOf(code);
      if (!at) continue;
      const name = filled(words.try_closed, { code });
      const closed = mark({ lon: at.lng, lat: at.lat }, "×", name, "tried-closed");
      closed.bindPopup(() => this.buttonsOf(code) ?? name);
      this.marks.addLayer(closed);
    }
  }

  /** The page lists stations by name, and only the map knows all of them. */
  private tellNames({ edits }: Tried): void {
    const codes = [...edits.close, ...edits.move.map((one) => one.code)];
    const names = codes.map((code) => [code, this.hooks.nameOf(code)]);
    if (codes.length) this.hooks.tell({ names: Object.fromEntries(names.filter(([, n]) => n)) });
  }

  private showHint(): void {
    const hint = document.getElementById("map-hint");
    const { words } = this.hooks;
    if (!hint) return;
    let text: string | undefined = "";
    if (this.moving !== null) text = words.try_move_hint;
    else if (this.drawing) text = words.draw_hint;
    else if (this.placing) text = words.try_place_hint;
    hint.textContent = text ?? "";
    hint.hidden = !text;
    this.map.getContainer().classList.toggle("placing", !hint.hidden);
  }
}
