// What is in sight as a picture to keep: map, title, legend, method and credits on one canvas.
// An operator's own tiles are left out: a canvas with another host's pictures cannot be read.

import type * as L from "leaflet";
import { type Corner, tracePath } from "./shape_marker";

const PAD = 12;
const LINE = 20;
const FONT = '13px "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const BOLD = `600 ${FONT}`;

/** Save the map as a PNG under a name. */
export async function savePicture(map: L.Map, name: string): Promise<void> {
  const canvas = pictureOf(map);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!blob) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function pictureOf(map: L.Map): HTMLCanvasElement {
  const container = map.getContainer();
  const { width, height } = container.getBoundingClientRect();
  const legend = shownTexts(".bands li");
  const columns = Math.max(1, Math.floor(width / 230));
  const notes = shownTexts(".map-method, .map-credits").map(wordsOf);
  const measure = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
  measure.font = FONT;
  const lines = notes.flatMap((text) => wrapped(measure, text, width - 2 * PAD));
  measure.font = BOLD;
  const heading = headingOf(measure, width - 2 * PAD);
  const top = heading.length * LINE + PAD;
  const rows = Math.ceil(legend.length / columns);
  const under = PAD + (rows + lines.length) * LINE + PAD;
  const ratio = Math.max(2, window.devicePixelRatio || 1);
  const canvas = document.createElement("canvas");
  canvas.width = width * ratio;
  canvas.height = (top + height + under) * ratio;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.scale(ratio, ratio);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, top + height + under);
  context.textBaseline = "middle";
  heading.forEach(({ text, ground }, i) => {
    const middle = PAD / 2 + (i + 0.5) * LINE;
    context.font = BOLD;
    context.fillStyle = ground;
    context.fillRect(PAD - 4, middle - LINE / 2 + 1, context.measureText(text).width + 8, LINE - 2);
    write(context, text, PAD, middle, BOLD);
  });
  context.save();
  context.translate(0, top);
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  context.fillStyle = "#f4f5f7";
  context.fillRect(0, 0, width, height);
  drawMap(context, container);
  context.restore();
  legend.forEach((item, i) => {
    const left = PAD + (i % columns) * ((width - PAD) / columns);
    const middle = top + height + PAD + (Math.floor(i / columns) + 0.5) * LINE;
    drawKey(context, item, left, middle);
    write(context, wordsOf(item), left + 26, middle, FONT);
  });
  lines.forEach((line, i) => {
    write(context, line, PAD, top + height + PAD + (rows + i + 0.5) * LINE, FONT);
  });
  return canvas;
}

interface Line {
  text: string;
  /** The colour behind it. */
  ground: string;
}

/** The title, then what it is marked as: each mark begins a line, so that none is cut or missed. */
function headingOf(context: CanvasRenderingContext2D, width: number): Line[] {
  const parts = shownTexts(".map-title > [data-layer], .map-demo, .map-trial");
  return parts.flatMap((part) =>
    wrapped(context, wordsOf(part), width).map((text) => ({
      text,
      ground: getComputedStyle(part).backgroundColor,
    })),
  );
}

/** A coloured field, or the dot of a kind of stations. */
function drawKey(
  context: CanvasRenderingContext2D,
  item: Element,
  left: number,
  middle: number,
): void {
  const dot = item.querySelector(".kind-dot");
  const key = dot ?? item.querySelector(".swatch");
  context.fillStyle = key ? getComputedStyle(key).backgroundColor : "#fff";
  context.strokeStyle = "#57534e";
  context.lineWidth = 1;
  if (dot) tracePath(context, cornersOf(dot), left + 9, middle, 5.5);
  else {
    context.beginPath();
    context.rect(left, middle - 6, 18, 12);
  }
  context.fill();
  context.stroke();
}

/** The corners that the style sheet cuts a dot to. */
function cornersOf(dot: Element): Corner[] {
  const path = getComputedStyle(dot).clipPath;
  return [...path.matchAll(/(-?[\d.]+)% (-?[\d.]+)%/g)].map(([, x, y]) => [
    Number(x) / 50 - 1,
    Number(y) / 50 - 1,
  ]);
}

/** Cells, outlines and stations as they lie, then names and marks. */
function drawMap(context: CanvasRenderingContext2D, container: HTMLElement): void {
  const origin = container.getBoundingClientRect();
  const divide = container.querySelector(".swipe-line")?.getBoundingClientRect().left;
  // Outlines and stations lie over the cells, whatever their order in the document.
  const cells = container.querySelectorAll<HTMLCanvasElement>(".leaflet-layer canvas");
  const drawn = container.querySelectorAll<HTMLCanvasElement>(".leaflet-overlay-pane canvas");
  for (const canvas of [...cells, ...drawn]) {
    const box = canvas.getBoundingClientRect();
    const layer = canvas.closest<HTMLElement>(".leaflet-layer");
    context.save();
    const side = layer?.parentElement?.classList;
    if (divide !== undefined && side) {
      const at = divide - origin.left;
      context.beginPath();
      if (side.contains("leaflet-cells-pane")) context.rect(0, 0, at, origin.height);
      else
        context.rect(side.contains("leaflet-after-pane") ? at : 0, 0, origin.width, origin.height);
      context.clip();
    }
    context.globalAlpha = layer ? Number(getComputedStyle(layer).opacity) : 1;
    const [x, y] = [box.left - origin.left, box.top - origin.top];
    context.drawImage(canvas, x, y, box.width, box.height);
    context.restore();
  }
  for (const name of container.querySelectorAll<HTMLElement>(".district-name span")) {
    if (name.style.visibility === "hidden") continue;
    const [x, y] = middleOf(name, origin);
    context.font = BOLD;
    context.textAlign = "center";
    context.lineWidth = 3;
    context.strokeStyle = "#fff";
    context.strokeText(name.textContent ?? "", x, y);
    context.fillStyle = "#111827";
    context.fillText(name.textContent ?? "", x, y);
  }
  for (const mark of container.querySelectorAll<HTMLElement>(".tried-mark")) {
    const [x, y] = middleOf(mark, origin);
    context.beginPath();
    context.arc(x, y, 15, 0, 2 * Math.PI);
    context.fillStyle = getComputedStyle(mark).backgroundColor;
    context.fill();
    context.fillStyle = "#fff";
    context.fillText(mark.textContent ?? "", x, y);
  }
  context.textAlign = "start";
}

function middleOf(element: HTMLElement, origin: DOMRect): [number, number] {
  const box = element.getBoundingClientRect();
  return [box.left + box.width / 2 - origin.left, box.top + box.height / 2 - origin.top];
}

/** Elements that are not hidden, nor in something hidden; a folded legend counts as shown. */
function shownTexts(selector: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(selector)].filter(
    (one) => one.closest("[hidden]") === null,
  );
}

function wordsOf(element: Element | null): string {
  const copy = element?.cloneNode(true) as Element | undefined;
  for (const hidden of copy?.querySelectorAll("[hidden]") ?? []) hidden.remove();
  return (copy?.textContent ?? "").replace(/\s+/g, " ").trim();
}

function write(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  font: string,
): void {
  context.font = font;
  context.fillStyle = "#1c1917";
  context.fillText(text, x, y);
}

/** Broken between any two characters, for Chinese has no blanks, but not within a Latin word. */
function wrapped(context: CanvasRenderingContext2D, text: string, width: number): string[] {
  const lines = [""];
  for (const part of text.match(/[!-~]+|\s|[^!-~\s]/gu) ?? []) {
    const line = (lines[lines.length - 1] ?? "") + part;
    if (context.measureText(line).width > width) lines.push(part.trim());
    else lines[lines.length - 1] = line;
  }
  return lines;
}
