// Before and after on one map: what is left of the handle is as it is, what is right as it would be.

import * as L from "leaflet";

export interface SwipeWords {
  handle: string;
  before: string;
  after: string;
}

/** Divides two panes of the map by a range control, which the keyboard moves too. */
export class Swipe {
  private readonly box: HTMLElement;
  private readonly range: HTMLInputElement;
  private readonly line: HTMLElement;

  constructor(
    private readonly map: L.Map,
    private readonly before: HTMLElement,
    private readonly after: HTMLElement,
    words: SwipeWords,
  ) {
    this.box = L.DomUtil.create("div", "swipe", map.getContainer());
    this.line = L.DomUtil.create("div", "swipe-line", this.box);
    L.DomUtil.create("span", "swipe-name swipe-before", this.box).textContent = words.before;
    L.DomUtil.create("span", "swipe-name swipe-after", this.box).textContent = words.after;
    this.range = L.DomUtil.create("input", "swipe-range", this.box);
    Object.assign(this.range, { type: "range", min: "0", max: "100", value: "50" });
    this.range.setAttribute("aria-label", words.handle);
    L.DomEvent.disableClickPropagation(this.range);
    this.range.addEventListener("input", this.divide);
    // While a finger drags the handle the map stays where it is.
    L.DomEvent.on(this.range, "pointerdown", () => map.dragging.disable());
    L.DomEvent.on(this.range, "pointerup pointercancel", () => map.dragging.enable());
    map.on("move resize zoomend viewreset", this.divide);
    this.divide();
  }

  /** Both panes whole again, and no handle. */
  remove(): void {
    this.map.off("move resize zoomend viewreset", this.divide);
    this.map.dragging.enable();
    for (const pane of [this.before, this.after]) pane.style.clip = "";
    this.box.remove();
  }

  private readonly divide = (): void => {
    const size = this.map.getSize();
    const left = this.map.containerPointToLayerPoint([0, 0]);
    const right = this.map.containerPointToLayerPoint(size);
    const across = (size.x * Number(this.range.value)) / 100;
    const at = left.x + across;
    this.before.style.clip = clip(left.y, at, right.y, left.x);
    this.after.style.clip = clip(left.y, right.x, right.y, at);
    this.line.style.left = `${across}px`;
  };
}

function clip(top: number, right: number, bottom: number, left: number): string {
  return `rect(${[top, right, bottom, left].map((side) => `${side}px`).join(",")})`;
}
