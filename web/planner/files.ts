// Coverage to keep: files of the service, the map as a picture, and the page on paper.

import { button, byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { config } from "../shared/page";
import { exportPath, type Question } from "./question";

const FILES = [
  ["xlsx", "areas"],
  ["csv", "areas"],
  ["csv", "cells"],
  ["geojson", "areas"],
  ["geojson", "cells"],
  ["html", "areas"],
] as const;

// The map in its frame lays itself out anew for the width of the paper.
const LAID_OUT_MS = 800;

/** Links for the question, and what the page makes itself. */
export function drawFiles(question: Question, savePicture: () => void): void {
  const links = FILES.map(([format, of]) =>
    el(
      "li",
      {},
      el(
        "a",
        {
          class: "button",
          href: exportPath(question, format, of, config.lang),
          download: true,
          "data-export": `${format}-${of}`,
        },
        t(`planner.export_${format}_${of}`),
      ),
    ),
  );
  const own = [
    button(t("planner.export_png"), savePicture, { id: "export-png" }),
    button(t("planner.export_print"), print, { id: "export-print" }),
  ].map((one) => el("li", {}, one));
  fillWith(byId("exports"), ...links, ...own);
}

function print(): void {
  document.body.classList.add("printing");
  const done = (): void => document.body.classList.remove("printing");
  window.addEventListener("afterprint", done, { once: true });
  window.setTimeout(() => window.print(), LAID_OUT_MS);
}
