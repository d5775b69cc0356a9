// Coverage to keep: files of the service, the map as a picture, and the page on paper.

import { button, byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { config } from "../shared/page";
import { printPage } from "./paper";
import { exportPath, type Question } from "./question";

const FILES = [
  ["xlsx", "areas"],
  ["csv", "areas"],
  ["csv", "stations"],
  ["csv", "cells"],
  ["geojson", "areas"],
  ["geojson", "cells"],
  ["html", "areas"],
] as const;

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
    button(t("planner.export_print"), printPage, { id: "export-print" }),
  ].map((one) => el("li", {}, one));
  fillWith(byId("exports"), ...links, ...own);
}
