// The scoreboard: the plan's numbers against their targets, each with the list behind it.

import { getJson, isAbort, queryString } from "../shared/api";
import { button, byId, el, fillWith } from "../shared/dom";
import { inPageLanguage, t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { config } from "../shared/page";
import { showBehind } from "./behind";
import { type Indicator, metSign, type Scoreboard, valueWords } from "./indicators";
import { plainSentence } from "./refusals";

let asking: AbortController | null = null;

/** Ask for the scoreboard of an area and show it. */
export async function showScoreboard(area: string, at: string | null): Promise<void> {
  asking?.abort();
  const own = new AbortController();
  asking = own;
  const place = byId("scoreboard");
  place.setAttribute("aria-busy", "true");
  try {
    const board = await getJson<Scoreboard>(
      `/v1/scoreboard?${queryString({ area, at })}`,
      own.signal,
    );
    if (own.signal.aborted) return;
    draw(place, board, queryString({ area, at, format: "csv", lang: config.lang }));
  } catch (error) {
    if (isAbort(error) || own.signal.aborted) return;
    fillWith(
      place,
      el(
        "div",
        { class: "notice notice-error", role: "alert" },
        el("span", {}, plainSentence(error)),
        button(t("common.retry"), () => void showScoreboard(area, at)),
      ),
    );
  } finally {
    if (asking === own) place.removeAttribute("aria-busy");
  }
}

function draw(place: HTMLElement, board: Scoreboard, csvQuery: string): void {
  // Roles are given in words: on a phone the rows are laid out as blocks, which would lose them.
  const body = el("tbody", { role: "rowgroup" }, ...board.indicators.map(row));
  const csv = el(
    "a",
    {
      class: "button",
      id: "scoreboard-csv",
      href: `/v1/scoreboard?${csvQuery}`,
      download: true,
    },
    icon("download"),
    el("span", {}, t("score.csv")),
  );
  fillWith(
    place,
    el(
      "div",
      {
        class: "table-box",
        tabindex: "0",
        role: "region",
        "aria-labelledby": "scoreboard-heading",
      },
      el(
        "table",
        { class: "scores scores-board", role: "table" },
        el("caption", { class: "visually-hidden" }, t("score.heading")),
        el(
          "thead",
          { role: "rowgroup" },
          el(
            "tr",
            { role: "row" },
            ...["indicator", "value", "target", "state", "behind"].map((name) =>
              el("th", { scope: "col", role: "columnheader" }, t(`score.column_${name}`)),
            ),
          ),
        ),
        body,
      ),
    ),
    el("p", { class: "hint" }, notes(board)),
    csv,
    el("div", { id: "behind" }),
  );
}

function notes({ rule_set: set, counted, towns }: Scoreboard): string {
  const rules = inPageLanguage({ zh: set.name, en: set.name_en });
  return [
    t("score.rules", { rules, version: set.version }),
    !set.verified && inPageLanguage({ zh: set.note, en: set.note_en }),
    t("score.counted", { stations: counted.stations, which: inPageLanguage(counted), towns }),
  ]
    .filter(Boolean)
    .join(" ");
}

function row(indicator: Indicator): HTMLElement {
  const name = inPageLanguage({ zh: indicator.name, en: indicator.name_en });
  const sign = metSign(indicator.met);
  const note = inPageLanguage({ zh: indicator.note, en: indicator.note_en });
  const open = button(t("score.open"), () => void showBehind(byId("behind"), name, indicator), {
    class: "button button-small",
    "aria-label": t("score.open_of", { name }),
    "data-indicator": indicator.code,
  });
  return el(
    "tr",
    { role: "row", "data-indicator-row": indicator.code },
    el(
      "th",
      { scope: "row", role: "rowheader" },
      name,
      note && el("span", { class: "score-note" }, note),
    ),
    el(
      "td",
      { role: "cell", class: "score-value" },
      valueWords(indicator.value, indicator.unit),
      indicator.denominator !== null &&
        el("span", { class: "score-note" }, `${indicator.numerator} / ${indicator.denominator}`),
      indicator.unknown > 0 &&
        el("span", { class: "score-note" }, t("score.more_unknown", { count: indicator.unknown })),
    ),
    el(
      "td",
      { role: "cell" },
      indicator.target === null ? t("score.no_target") : targetWords(indicator),
    ),
    el(
      "td",
      { role: "cell" },
      indicator.target === null && indicator.met === null
        ? ""
        : el(
            "span",
            { class: `open open-${sign.tone}` },
            icon(sign.iconName),
            el("span", {}, t(sign.key)),
          ),
    ),
    el("td", { role: "cell" }, open),
  );
}

function targetWords(indicator: Indicator): string {
  return t(indicator.at_most ? "score.at_most" : "score.at_least", {
    target: valueWords(indicator.target, indicator.unit),
  });
}
