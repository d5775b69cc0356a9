// Stations that alone reach somebody: the list of those whose closing would leave most without.

import { el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import type { SinglePoints } from "./figures";
import { countWords } from "./numbers";

/** Draw the list; `show` is called with the code of the one that is chosen. */
export function drawSinglePoints(
  box: HTMLElement,
  points: SinglePoints,
  show: (code: string) => void,
): void {
  const { stations, numberMatched } = points;
  const hint = stations.length
    ? t("planner.single_hint", { count: countWords(numberMatched), shown: stations.length })
    : t("planner.single_none");
  const head = ["name", "residents", "workers"].map((column) =>
    el("th", { scope: "col" }, t(`planner.single_${column}`)),
  );
  const rows = stations.map(({ code, name, residents, workers }) => {
    const choose = el("button", { type: "button", class: "district", "data-station": code }, name);
    choose.addEventListener("click", () => show(code));
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, choose),
      el("td", {}, countWords(residents)),
      el("td", {}, countWords(workers)),
    );
  });
  fillWith(
    box,
    el("p", { class: "hint" }, hint),
    stations.length > 0 &&
      el(
        "table",
        { class: "districts singles" },
        el("caption", { class: "visually-hidden" }, t("planner.single_heading")),
        el("thead", {}, el("tr", {}, ...head)),
        el("tbody", {}, ...rows),
      ),
  );
}
