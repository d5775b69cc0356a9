// Where to build next: the sites that the service proposes, and the way to try them on the map.

import { isAbort } from "../shared/api";
import { button, el, fillWith } from "../shared/dom";
import { inPageLanguage, t } from "../shared/i18n";
import { askAsAccount } from "../shared/session";
import { AMONG, DATUMS, listedPoints } from "./candidates";
import type { Polygon } from "./drawn_area";
import type { Place } from "./edits";
import { areaName } from "./figures";
import { countWords, shareWords } from "./numbers";
import { patiently } from "./patience";
import type { Question } from "./question";
import { plainSentence } from "./refusals";
import { askedBody, type Suggestion } from "./what_if";

const OBJECTIVES = ["demand", "backup", "worst_off"] as const;
const SPACINGS_M = [0, 300, 500, 1000, 2000];
const MOST_SITES = 50;
const USUAL_SITES = 5;

export interface SuggestionHooks {
  question: () => Question;
  /** The places that are on the map. */
  placed: () => Place[];
  /** Put these on the map, in the place of those there or beside them; the first one's number. */
  place: (places: Place[], instead: boolean) => number;
  /** The area that is drawn; null for none. */
  drawn: () => Polygon | null;
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
  const outside = el("input", { type: "checkbox", id: "suggest-outside" });
  const found = el("div", { class: "suggested", id: "suggested", "aria-live": "polite" });
  const form = el(
    "form",
    { class: "suggest-form" },
    labelled("planner.suggest_k", sites),
    labelled("planner.suggest_objective", objective),
    labelled("planner.suggest_spacing", spacing),
    labelled("planner.suggest_among", among),
    listed,
    el("label", { class: "try-shared", for: outside.id }, outside, t("planner.suggest_forbidden")),
    el("label", { class: "try-shared", for: exact.id }, exact, t("planner.suggest_exact")),
    el("button", { type: "submit", class: "button", id: "suggest" }, t("planner.suggest_go")),
  );
  const refuse = (words: string): void =>
    fillWith(found, el("p", { class: "notice notice-error", role: "alert" }, words));
  let asking: AbortController | null = null;
  const ask = async (): Promise<void> => {
    asking?.abort();
    const own = new AbortController();
    asking = own;
    const wanted = candidates(among.value, hooks.placed(), list.value, datum.value);
    if (typeof wanted === "string") return refuse(wanted);
    const drawn = hooks.drawn();
    if (outside.checked && !drawn) return refuse(t("planner.suggest_none_drawn"));
    fillWith(found, el("p", { class: "hint", role: "status" }, t("planner.computing")));
    try {
      const body = {
        ...askedBody(hooks.question()),
        ...wanted,
        k: Number(sites.value),
        objective: objective.value,
        spacing_m: Number(spacing.value),
        exact: exact.checked,
        forbidden: outside.checked ? [drawn] : [],
        forbidden_crs: "wgs84", // the map's; a list may be of another
      };
      const options = { method: "POST", body, signal: own.signal } as const;
      const answer = await patiently<Suggestion>("/v1/coverage/suggest", options, askAsAccount);
      const instead = among.value === "placed";
      const place = (places: Place[]): number => hooks.place(places, instead);
      if (!own.signal.aborted) fillWith(found, ...answered(answer, place));
    } catch (error) {
      if (isAbort(error) || own.signal.aborted) return;
      refuse(plainSentence(error));
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

function answered(answer: Suggestion, place: (places: Place[]) => number): HTMLElement[] {
  const { sites, gain, bound, lacking } = answer;
  const remarks = answer.remarks.map((remark) =>
    el("p", { class: "notice" }, inPageLanguage(remark)),
  );
  if (sites.length === 0) return remarks;
  const candidates = countWords(answer.candidates);
  const quality = answer.proven_optimal
    ? t("planner.suggest_proven", { candidates })
    : t("planner.suggest_bound", {
        candidates,
        bound: countWords(bound),
        gap: shareWords(answer.gap),
      });
  const sum = t(`planner.suggest_gain_${answer.objective}`, {
    sites: sites.length,
    gain: countWords(gain),
    lacking: countWords(lacking),
    share: shareWords(lacking === 0 ? 0 : gain / lacking),
  });
  const labels = sites.map((_, index) =>
    el("th", { scope: "row" }, t("planner.suggest_site", { number: index + 1 })),
  );
  const placeThem = button(
    t("planner.suggest_place"),
    () => {
      // from now on they are called as on the map
      const first = place(sites);
      for (const [index, label] of labels.entries()) {
        label.textContent = t("planner.try_new", { number: first + index });
      }
    },
    { class: "button", id: "suggest-place" },
  );
  return [el("p", {}, sum, " ", quality), ...remarks, siteTable(answer, labels), placeThem];
}

function siteTable(answer: Suggestion, labels: HTMLElement[]): HTMLElement {
  const heads = ["site", "gains", "share", "who"].map((one) =>
    el("th", { scope: "col" }, t(`planner.suggest_head_${one}`)),
  );
  const rows = answer.sites.map((site, index) => {
    const who = [...site.areas]
      .sort((one, other) => other.residents - one.residents)
      .map((area) => `${areaName(area)} ${countWords(area.residents)}`);
    return el(
      "tr",
      {},
      labels[index],
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

function select(id: string, choices: [string, string][]): HTMLSelectElement {
  return el("select", { id }, ...choices.map(([value, words]) => el("option", { value }, words)));
}

function labelled(
  words: string,
  field: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement,
): HTMLElement {
  return el("label", { class: "suggest-field", for: field.id }, t(words), field);
}
