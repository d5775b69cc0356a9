// What stands under the answer: what was left out and how to bring it in, and how to look wider.

import { button, el } from "../shared/dom";
import { listed, t } from "../shared/i18n";
import { label } from "../shared/taxonomy";
import type { NearestAnswer } from "../shared/types";
import { ageWords } from "../shared/units";
import { leftOutLines, nextLimit, type Question, type Remedy, WIDEST_M } from "./query";

/** Data older than this is said to be: the register could not be reached meanwhile. */
const OLD_MS = 120_000;

type Change = (next: Partial<Question>) => void;

/** The remarks on an answer; each remedy changes the question. */
export function remarks(current: NearestAnswer, question: Question, change: Change): HTMLElement[] {
  const made: HTMLElement[] = [];
  const names = listed(question.services.map((code) => label("service", code)));
  for (const line of leftOutLines(current.left_out, names)) {
    const remedy = remedyButton(line.remedy, change);
    made.push(el("div", { class: "remark" }, el("p", {}, line.words), remedy));
  }
  const full = current.features.length >= question.limit;
  if (full && nextLimit(question.limit) > question.limit) {
    made.push(
      button(t("courier.more_stations"), () => change({ limit: nextLimit(question.limit) }), {
        class: "button button-wide",
      }),
    );
  }
  if (!full && current.query.within_m < WIDEST_M) {
    const attributes = {
      class: current.features.length ? "button button-wide" : "button button-primary button-large",
    };
    made.push(
      button(
        t("courier.wider", { km: WIDEST_M / 1000 }),
        () => change({ withinM: WIDEST_M }),
        attributes,
        "search",
      ),
    );
  }
  const oldMs = Date.now() - Date.parse(current.as_of);
  if (oldMs > OLD_MS) {
    made.push(el("p", { class: "hint" }, t("courier.data_as_of", { ago: ageWords(oldMs) })));
  }
  if (current.features.some((station) => station.properties.method === "straight_line")) {
    made.push(el("p", { class: "hint" }, t("courier.straight_line_note")));
  }
  return made;
}

function remedyButton(remedy: Remedy, change: Change): HTMLElement | null {
  if (remedy === "include_unknown") {
    return button(t("courier.include_them"), () => change({ includeUnknown: true }));
  }
  if (remedy === "show_closed") {
    return button(t("courier.show_them"), () => change({ showClosed: true }));
  }
  return null;
}
