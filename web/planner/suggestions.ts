// Where to build next: the sites that the service proposes, and the way to try them on the map.

import { isAbort, sentence } from "../shared/api";
import { button, el, fillWith } from "../shared/dom";
import { inPageLanguage, t } from "../shared/i18n";
import { config } from "../shared/page";
import { askAsAccount } from "../shared/session";
import { AMONG, DATUMS, listedPoints } from "./candidates";
import type { Place } from "./edits";
import { countWords, shareWords } from "./numbers";
import { patiently } from "./patience";
import type { Question } from "./question";
import { askedBody, type Suggestion } from "./what_if";

const OBJECTIVES = ["demand", "backup", "worst_off"] as const;
const SPACINGS_M = [0, 300, 500, 1000, 2000];
const MOST_SITES = 50;
const USUAL_SITES = 5;

export interface SuggestionHooks {
  question: () => Question;
  /** The places that are on the map. */
  placed: () => Place[];
  /** Put these places on the map, to try them; in the place of those there, or beside them. */
  place: (places: Place[], instead: boolean) => void;
}

type Candidates = { points?: Place[]; crs?: string };

export interface SuggestionRoom {
  room: HTMLElement;
  /** Another question was asked: what was found answers it no more. */
  clear: () => void;
}

/** Make the room: what is wanted above, what was found below. */
export function suggestionRoom(hooks: SuggestionHooks): SuggestionRoom {
  const sites = el("input", {
    type: "number",
    id: "suggest-k",
    min: 1,
    max: MOST_SITES,
    value: USUAL_SITES,
    required: true,
  });
  const objective = select(
    "suggest-objective",
    OBJECTIVES.map((one) => [one, t(`planner.suggest_${one}`)]),
  );
  const spacing = select(
    "suggest-spacing",
    SPACINGS_M.map((metres) => [
      String(metres),
      metres === 0 ? t("planner.suggest_any_spacing") : t("planner.suggest_metres", { metres }),
    ]),
  );
  const among = select(
    "suggest-among",
    AMONG.map((one) => [one, t(`planner.suggest_among_${one}`)]),
  );
  const datum = select(
    "suggest-datum",
    DATUMS.map((one) => [one, t(`planner.suggest_datum_${one}`)]),
  );
  const list = el("textarea", {
    id: "suggest-list",
    rows: 4,
    spellcheck: "false",
    placeholder: "121.55,29.87",
  });
  const listed = el(
    "div",
    { class: "suggest-list", hidden: true },
    labelled("planner.suggest_list", list),
    labelled("planner.suggest_datum", datum),
  );
  among.addEventListener("change", () => {
    listed.hidden = among.value !== "list";
  });
  const exact = el("input", { type: "checkbox", id: "suggest-exact" });
  const found = el("div", { class: "suggested", id: "suggested", "aria-live": "polite" });
  const form = el(
    "form",
    { class: "suggest-form" },
    labelled("planner.suggest_k", sites),
    labelled("planner.suggest_objective", objective),
    labelled("planner.suggest_spacing", spacing),
    labelled("planner.suggest_among", among),
    listed,
    el("label", { class: "try-shared", for: exact.id }, exact, t("planner.suggest_exact")),
    el("button", { type: "submit", class: "button", id: "suggest" }, t("planner.suggest_go")),
  );
  let asking: AbortController | null = null;
  const ask = async (): Promise<void> => {
    asking?.abort();
    const own = new AbortController();
    asking = own;
    const wanted = candidates(among.value, hooks.placed(), list.value, datum.value);
    if (typeof wanted === "string") {
      fillWith(found, el("p", { class: "notice notice-error", role: "alert" }, wanted));
      return;
    }
    fillWith(found, el("p", { class: "hint", role: "status" }, t("planner.computing")));
    try {
      const body = {
        ...askedBody(hooks.question()),
        ...wanted,
        k: Number(sites.value),
        objective: objective.value,
        spacing_m: Number(spacing.value),
        exact: exact.checked,
      };
      const options = { method: "POST", body, signal: own.signal } as const;
      const answer = await patiently<Suggestion>("/v1/coverage/suggest", options, askAsAccount);
      const instead = among.value === "placed";
      const place = (places: Place[]): void => hooks.place(places, instead);
      if (!own.signal.aborted) fillWith(found, ...answered(answer, place));
    } catch (error) {
      if (isAbort(error) || own.signal.aborted) return;
      fillWith(found, el("p", { class: "notice notice-error", role: "alert" }, sentence(error)));
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask();
  });
  const room = el(
    "details",
    { class: "suggest-room" },
    el("summary", {}, t("planner.suggest_heading")),
    el("p", { class: "hint" }, t("planner.suggest_hint")),
    form,
    found,
  );
  const clear = (): void => {
    asking?.abort();
    fillWith(found);
  };
  return { room, clear };
}

/** Where sites may be, as the service wants it; or in words why nobody can be asked. */
function candidates(
  among: string,
  placed: Place[],
  text: string,
  datum: string,
): Candidates | string {
  if (among === "placed") {
    if (placed.length === 0) return t("planner.suggest_none_placed");
    return { points: placed.map(({ lon, lat }) => ({ lon, lat })) };
  }
  if (among === "list") {
    const { points, wrongLine } = listedPoints(text);
    if (wrongLine !== null) return t("planner.suggest_wrong_line", { line: wrongLine });
    if (points.length === 0) return t("planner.suggest_none_listed");
    return { points, crs: datum };
  }
  return {};
}

function answered(answer: Suggestion, place: (places: Place[]) => void): HTMLElement[] {
  const { sites, gain, bound, lacking } = answer;
  if (sites.length === 0) {
    return answer.remarks.map((remark) => el("p", { class: "notice" }, inPageLanguage(remark)));
  }
  const quality = answer.proven_optimal
    ? t("planner.suggest_proven")
    : t("planner.suggest_bound", { bound: countWords(bound), gap: shareWords(answer.gap) });
  const sum = t(`planner.suggest_gain_${answer.objective}`, {
    sites: sites.length,
    gain: countWords(gain),
    share: shareWords(lacking === 0 ? 0 : gain / lacking),
  });
  return [el("p", {}, sum, " ", quality), siteTable(answer), placeAll(sites, place)];
}

function siteTable(answer: Suggestion): HTMLElement {
  const heads = ["site", "gains", "share", "who"].map((one) =>
    el("th", { scope: "col" }, t(`planner.suggest_head_${one}`)),
  );
  const rows = answer.sites.map((site) => {
    const who = [...site.areas]
      .sort((one, other) => other.residents - one.residents)
      .map(({ name, name_en, residents }) => {
        const named = config.lang === "en" ? (name_en ?? name) : name;
        return `${named} ${countWords(residents)}`;
      });
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, site.label),
      el("td", {}, countWords(site.gain)),
      el("td", {}, shareWords(site.cumulative_share)),
      el("td", { class: "suggest-who" }, who.join(t("common.list_separator"))),
    );
  });
  return el(
    "div",
    {
      class: "table-box",
      tabindex: "0",
      role: "region",
      "aria-label": t("planner.suggest_heading"),
    },
    el(
      "table",
      { class: "districts" },
      el("caption", { class: "visually-hidden" }, t("planner.suggest_heading")),
      el("thead", {}, el("tr", {}, ...heads)),
      el("tbody", {}, ...rows),
    ),
  );
}

function placeAll(sites: Suggestion["sites"], place: (places: Place[]) => void): HTMLElement {
  return button(t("planner.suggest_place"), () => place(sites), {
    class: "button",
    id: "suggest-place",
  });
}

function select(id: string, choices: [string, string][]): HTMLSelectElement {
  return el("select", { id }, ...choices.map(([value, words]) => el("option", { value }, words)));
}

function labelled(
  words: string,
  field: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement,
): HTMLElement {
  return el("label", { class: "suggest-field", for: field.id }, t(words), field);
}
