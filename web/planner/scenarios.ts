// Scenarios under names: saved, opened, shared, let go, and compared side by side.

import { queryString } from "../shared/api";
import { button, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { askAsAccount } from "../shared/session";
import { countWords, signed } from "./numbers";
import { patiently } from "./patience";
import { plainSentence } from "./refusals";
import { crossGain, type Scenario, type WhatIf } from "./what_if";

const MOST_COMPARED = 4;

let chosen: number[] = [];

/** What a scenario was asked of, as the page says it of its own question. */
export type Conditions = (scenario: Scenario) => string;

/** Show the list in `place`; `open` is called with the scenario to look at. */
export async function showScenarios(
  place: HTMLElement,
  open: (scenario: Scenario) => void,
  conditions: Conditions,
): Promise<void> {
  try {
    const { scenarios } = (await askAsAccount<{ scenarios: Scenario[] }>("/v1/scenarios")).body;
    chosen = chosen.filter((id) => scenarios.some((one) => one.id === id));
    draw(place, scenarios, open, conditions);
  } catch (error) {
    fillWith(place, el("p", { class: "notice notice-error", role: "alert" }, plainSentence(error)));
  }
}

function draw(
  place: HTMLElement,
  scenarios: readonly Scenario[],
  open: (scenario: Scenario) => void,
  conditions: Conditions,
): void {
  const compared = el("div", { class: "compared" });
  const compare = button(
    t("planner.scenario_compare"),
    () => void showCompared(compared, conditions),
    {
      class: "button button-small",
      id: "compare",
    },
  );
  const count = (): void => {
    compare.disabled = chosen.length < 2;
  };
  const again = (): void => void showScenarios(place, open, conditions);
  const rows = scenarios.map((one) => row(one, conditions(one), open, again, count));
  count();
  fillWith(
    place,
    el("h3", {}, t("planner.scenario_list")),
    scenarios.length === 0 && el("p", { class: "hint" }, t("planner.scenario_none")),
    el("ul", { class: "scenarios" }, ...rows),
    scenarios.length > 1 && el("p", { class: "hint" }, t("planner.scenario_compare_hint")),
    scenarios.length > 1 && compare,
    compared,
  );
}

function row(
  scenario: Scenario,
  conditions: string,
  open: (scenario: Scenario) => void,
  again: () => void,
  count: () => void,
): HTMLElement {
  const { id, name, owner, mine, shared } = scenario;
  const refusal = el("p", { role: "alert", class: "field-problem" });
  const check = el("input", { type: "checkbox", id: `scenario-${id}` });
  check.checked = chosen.includes(id);
  check.addEventListener("change", () => {
    chosen = chosen.filter((one) => one !== id);
    if (check.checked) chosen = [...chosen, id].slice(-MOST_COMPARED);
    for (const box of check.closest("ul")?.querySelectorAll("input") ?? []) {
      box.checked = chosen.some((one) => box.id === `scenario-${one}`);
    }
    count();
  });
  const act = async (method: "PATCH" | "DELETE", body?: unknown): Promise<void> => {
    try {
      await askAsAccount(`/v1/scenarios/${id}`, { method, body });
      again();
    } catch (error) {
      refusal.textContent = plainSentence(error);
    }
  };
  const small = { class: "button button-small" };
  const whose = mine
    ? t(shared ? "planner.scenario_shared" : "planner.scenario_private")
    : t("planner.scenario_of", { owner });
  return el(
    "li",
    { class: "scenario" },
    el("label", { for: check.id }, check, el("span", {}, name)),
    el("span", { class: "hint" }, `${whose} · ${conditions}`),
    el(
      "span",
      { class: "scenario-buttons" },
      button(t("planner.scenario_open"), () => open(scenario), small),
      mine &&
        button(
          t(shared ? "planner.scenario_unshare" : "planner.scenario_share"),
          () => void act("PATCH", { shared: !shared }),
          small,
        ),
      mine && button(t("planner.scenario_remove"), () => void act("DELETE"), small),
    ),
    refusal,
  );
}

async function showCompared(place: HTMLElement, conditions: Conditions): Promise<void> {
  fillWith(place, el("p", { class: "hint", role: "status" }, t("planner.computing")));
  try {
    const query = chosen.map((id) => queryString({ id })).join("&");
    const { compared } = await patiently<{ compared: { scenario: Scenario; answer: WhatIf }[] }>(
      `/v1/scenarios/compare?${query}`,
      {},
      askAsAccount,
    );
    const asked = new Set(compared.map(({ scenario }) => conditions(scenario)));
    fillWith(
      place,
      asked.size > 1 &&
        el("p", { class: "notice notice-warning" }, t("planner.compare_other_questions")),
      comparison(compared, conditions),
    );
  } catch (error) {
    fillWith(place, el("p", { class: "notice notice-error", role: "alert" }, plainSentence(error)));
  }
}

function comparison(
  compared: { scenario: Scenario; answer: WhatIf }[],
  conditions: Conditions,
): HTMLElement {
  const columns = ["name", "conditions", "edits", "residents", "workers", "cross", "uncovered"];
  const rows = compared.map(({ scenario, answer }) => {
    const { add, move, close } = scenario.edits;
    const edits = t("planner.scenario_edits", {
      add: add.length,
      move: move.length,
      close: close.length,
    });
    const values = [
      conditions(scenario),
      edits,
      signed(answer.gain.residents_served),
      signed(answer.gain.workers_served),
      signed(crossGain(answer.gain)),
      countWords(answer.after.demand.residents.uncovered),
    ];
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, scenario.name),
      ...values.map((value) => el("td", {}, value)),
    );
  });
  return el(
    "div",
    {
      class: "table-box",
      tabindex: "0",
      role: "region",
      "aria-label": t("planner.scenario_compared"),
    },
    el(
      "table",
      { class: "districts" },
      el("caption", { class: "visually-hidden" }, t("planner.scenario_compared")),
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          ...columns.map((name) => el("th", { scope: "col" }, t(`planner.compare_${name}`))),
        ),
      ),
      el("tbody", {}, ...rows),
    ),
  );
}
