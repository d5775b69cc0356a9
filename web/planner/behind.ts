// The list behind a number of the scoreboard: stations, or towns, a page at a time.

import { getJson } from "../shared/api";
import { areaName } from "../shared/area_names";
import { button, el, fillWith } from "../shared/dom";
import { inPageLanguage, t } from "../shared/i18n";
import type { Collection } from "../shared/types";
import type { Indicator } from "./indicators";
import { plainSentence } from "./refusals";

interface Behind {
  code: string;
  name: string;
  name_en?: string | null;
  area?: { code: string; name: string } | null;
  address?: string | null;
  /** Of a town: how many stations may turn out to be what it lacks. */
  possible?: number;
}

/** Show the list behind an indicator in `place`. */
export async function showBehind(
  place: HTMLElement,
  name: string,
  indicator: Indicator,
): Promise<void> {
  const rows = el("tbody");
  const status = el("p", { class: "hint", role: "status" }, t("score.loading"));
  const after = el("div", {});
  const heading = el("h3", { tabindex: "-1" }, t("score.behind", { name }));
  const close = button(
    t("score.close"),
    () => {
      fillWith(place);
      document.querySelector<HTMLElement>(`[data-indicator="${indicator.code}"]`)?.focus();
    },
    { class: "button button-small" },
    "close",
  );
  fillWith(
    place,
    el(
      "section",
      { class: "behind", "data-behind": indicator.code },
      el("div", { class: "behind-bar" }, heading, close),
      status,
      el(
        "div",
        { class: "table-box", tabindex: "0", role: "region", "aria-label": name },
        el(
          "table",
          { class: "scores" },
          el(
            "thead",
            {},
            el(
              "tr",
              {},
              ...["name", "area", "code"].map((column) =>
                el("th", { scope: "col" }, t(`score.behind_${column}`)),
              ),
            ),
          ),
          rows,
        ),
      ),
      after,
    ),
  );
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "nearest" });
  await load(indicator.list);

  async function load(path: string): Promise<void> {
    try {
      const page = await getJson<Collection<Behind>>(path);
      rows.append(...page.features.map(({ properties }) => row(properties)));
      const shown = rows.children.length;
      status.textContent = shown
        ? t("score.behind_count", { shown, count: page.numberMatched ?? shown })
        : t("score.behind_none");
      const next = page.next ?? null;
      fillWith(after, next !== null && button(t("score.behind_more"), () => void load(next), {}));
    } catch (error) {
      status.textContent = plainSentence(error);
      fillWith(
        after,
        button(t("common.retry"), () => void load(path)),
      );
    }
  }
}

function row(facts: Behind): HTMLElement {
  const name = inPageLanguage({ zh: facts.name, en: facts.name_en || facts.name });
  return el(
    "tr",
    {},
    el(
      "th",
      { scope: "row" },
      name,
      !!facts.possible &&
        el("span", { class: "score-note" }, t("score.behind_possible", { count: facts.possible })),
    ),
    el("td", {}, [areaName(facts.area ?? null), facts.address].filter(Boolean).join(" · ")),
    el("td", {}, facts.code),
  );
}
