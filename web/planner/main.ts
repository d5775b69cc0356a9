// The planners' page: a question, four headline figures, a map beside a table by district.

import "../shared/style.css";
import "../shared/session.css";
import "./style.css";
import { getJson, isAbort, Problem } from "../shared/api";
import { button, byId, el, fillWith } from "../shared/dom";
import { creditDownloads, downloadArea } from "../shared/downloads";
import { listed, t } from "../shared/i18n";
import { config, keepPlaceOnLanguageSwitch } from "../shared/page";
import { kindLabel, loadTaxonomy, taxonomy } from "../shared/taxonomy";
import type { Areas, Source } from "../shared/types";
import { showDay } from "./day_panel";
import { drawTable } from "./district_table";
import { type Coverage, columnsThatDoNotAddUp, totalRow } from "./figures";
import { drawFiles } from "./files";
import { type FromMap, messageFrom, type ToMap } from "./messages";
import { setUpPaper } from "./paper";
import { BUSY_RETRY_S } from "./patience";
import {
  figuresPath,
  fileName,
  hashOf,
  isMinutes,
  LAYERS,
  MINUTES,
  mapPath,
  type Question,
  questionFrom,
} from "./question";
import { isOfArea, plainSentence } from "./refusals";
import { showScoreboard } from "./scoreboard";
import { drawSinglePoints } from "./single_points";
import type { Sorting } from "./sorting";
import { showStations } from "./stations_table";
import { drawHeadline, drawRemarks, drawSums, effectiveWords, methodWords } from "./summary";
import { hearTryout, setUpTryout, tellAgain, tryAgain } from "./tryout";

const SETTLE_MS = 250;
const BUSY_RETRIES = 8;

let question: Question = questionFrom(location.hash, config.root_area);
let coverage: Coverage | null = null;
let sorting: Sorting | null = null;
let focused: string | null = null;
let asking: AbortController | null = null;
let waiting = 0;
let boardShown = "";
const areaNames = new Map<string, string>();

async function start(): Promise<void> {
  keepPlaceOnLanguageSwitch();
  if (window.innerWidth < 700) byId("question").removeAttribute("open");
  byId("form").addEventListener("submit", (event) => event.preventDefault());
  wireSegments("minutes", (value) => ({ minutes: Number(value) }));
  const own = byId<HTMLInputElement>("minutes-own");
  own.addEventListener("change", () => {
    if (isMinutes(own.valueAsNumber)) change({ minutes: own.valueAsNumber });
    else showQuestion();
  });
  wireSegments("profile", (value) => ({ profile: value as Question["profile"] }));
  wireSegments("layer", (value) => ({ layer: value as Question["layer"] }));
  wireSegments("time", (value) => ({ at: value === "at" ? (question.at ?? noonToday()) : null }));
  const at = byId<HTMLInputElement>("at");
  at.addEventListener("change", () => at.value && change({ at: at.value.slice(0, 16) }));
  const area = byId<HTMLSelectElement>("area");
  area.addEventListener("change", () => change({ area: area.value }));
  window.addEventListener("hashchange", () => {
    if (location.hash !== hashOf(question)) change(questionFrom(location.hash, config.root_area));
  });
  byId("map").addEventListener("load", mapLoaded);
  window.addEventListener("message", hearMap);
  setUpPaper();
  showQuestion();
  void setUpTryout({ question: () => question, ask: change, tellMap, words: conditionWords });
  void loadWords();
  void loadCredit();
  await ask();
}

async function loadCredit(): Promise<void> {
  try {
    creditDownloads((await getJson<{ sources: Source[] }>("/v1/sources")).sources);
  } catch {
    // Each file names its sources itself.
  }
}

/** Names of districts and kinds; the figures do not wait for them. */
async function loadWords(): Promise<void> {
  try {
    const [areas] = await Promise.all([
      getJson<Areas>("/v1/areas?level=district&geometry=false"),
      loadTaxonomy(),
    ]);
    for (const { properties } of areas.features) {
      const { name, name_en: nameEn } = properties;
      areaNames.set(properties.code, config.lang === "en" && nameEn ? nameEn : name);
    }
    fillWith(byId("words-problem"));
    showQuestion();
    showCoverage();
  } catch (error) {
    showProblem(plainSentence(error), () => void loadWords(), { place: "words-problem" });
  }
}

function change(part: Partial<Question>): void {
  const onlyLayer = Object.keys(part).join() === "layer";
  question = { ...question, ...part };
  focused = null;
  history.replaceState(null, "", hashOf(question));
  showQuestion();
  if (onlyLayer && coverage) {
    showCoverage();
    tellMap({ layer: question.layer });
    return;
  }
  window.clearTimeout(waiting);
  waiting = window.setTimeout(() => void ask(), SETTLE_MS);
}

async function ask(retries = BUSY_RETRIES): Promise<void> {
  window.clearTimeout(waiting);
  asking?.abort();
  const own = new AbortController();
  asking = own;
  showProgress(true);
  try {
    coverage = await getJson<Coverage>(figuresPath(question), own.signal);
    fillWith(byId("problem"));
    document.body.classList.remove("stale");
    showProgress(false);
    showCoverage();
    loadMap();
    showBoard();
    tryAgain();
    showStations(question, (code) => tellMap({ station: code }));
    void showDay(question, coverage.demand.residents.total, (at) => change({ at }));
  } catch (error) {
    if (isAbort(error) || own.signal.aborted) return;
    showProgress(false);
    showFailure(error, retries);
  }
}

/** The scoreboard is of the area alone: other questions leave it as it is. */
function showBoard(): void {
  downloadArea(question.area === config.root_area ? null : question.area);
  const wanted = `${question.area} ${question.at}`;
  if (wanted === boardShown) return;
  boardShown = wanted;
  void showScoreboard(question.area, question.at);
}

/** A busy worker is asked again by itself; anything else waits for the reader. */
function showFailure(error: unknown, retries: number): void {
  if (coverage) document.body.classList.add("stale");
  else byId("map-cover").textContent = t("planner.map_waits");
  if (error instanceof Problem && error.status === 503 && retries > 0) {
    const seconds = error.retryAfterS ?? BUSY_RETRY_S;
    showProblem(`${plainSentence(error)} ${t("planner.busy", { seconds })}`, () => void ask());
    waiting = window.setTimeout(() => void ask(retries - 1), seconds * 1000);
    return;
  }
  if (isOfArea(error) && question.area !== config.root_area) {
    showProblem(plainSentence(error), () => change({ area: config.root_area }), {
      label: t("planner.whole_city"),
    });
    return;
  }
  showProblem(plainSentence(error), () => void ask());
}

/** Say what is wrong, with a button for the way on: to try again, unless it has a label. */
function showProblem(
  words: string,
  goOn: () => void,
  { place = "problem", label = t("common.retry") } = {},
): void {
  const isStale = place === "problem" && document.body.classList.contains("stale");
  fillWith(
    byId(place),
    el(
      "div",
      { class: "notice notice-error" },
      el("span", {}, words, isStale && ` ${t("planner.stale")}`),
      button(label, goOn),
    ),
  );
}

function showProgress(computing: boolean): void {
  document.body.classList.toggle("computing", computing);
  fillWith(
    byId("progress"),
    computing && el("progress", { "aria-label": t("planner.computing") }),
    computing && t("planner.computing"),
  );
}

function showQuestion(): void {
  press("minutes", String(question.minutes));
  const isOwn = !(MINUTES as readonly number[]).includes(question.minutes);
  byId<HTMLInputElement>("minutes-own").value = isOwn ? String(question.minutes) : "";
  press("profile", question.profile);
  press("layer", question.layer);
  press("time", question.at === null ? "nominal" : "at");
  byId("at-field").hidden = question.at === null;
  byId<HTMLInputElement>("at").value = question.at ?? "";
  const area = byId<HTMLSelectElement>("area");
  const codes = [config.root_area, ...areaNames.keys()];
  if (!codes.includes(question.area)) codes.push(question.area);
  fillWith(area, ...codes.map((code) => el("option", { value: code }, nameOf(code))));
  area.value = question.area;
  fillWith(byId("kinds"), ...taxonomy().kind.map((kind) => kindChip(kind.code)));
  byId("question-words").textContent = conditionWords(question);
  drawFiles(question, () => tellMap({ picture: fileName(question) }));
}

function conditionWords(asked: Omit<Question, "layer">): string {
  return [
    nameOf(asked.area),
    t(`planner.profile_${asked.profile}`),
    t("planner.minutes_words", { minutes: asked.minutes }),
    listed(asked.kinds.map(kindLabel)),
    ...(asked.at === null ? [] : [t("planner.open_at", { when: asked.at.replace("T", " ") })]),
  ].join(" · ");
}

function kindChip(code: string): HTMLElement {
  const pressed = question.kinds.includes(code);
  const chip = el(
    "button",
    { type: "button", class: "chip", "aria-pressed": String(pressed), "data-kind": code },
    kindLabel(code),
  );
  chip.addEventListener("click", () => {
    const order = taxonomy().kind.map((kind) => kind.code);
    const kinds = pressed
      ? question.kinds.filter((kind) => kind !== code)
      : order.filter((kind) => kind === code || question.kinds.includes(kind));
    // Coverage of no kind is no question: the last one stays.
    if (kinds.length > 0) change({ kinds });
    byId("kinds").querySelector<HTMLElement>(`[data-kind="${code}"]`)?.focus();
  });
  return chip;
}

function showCoverage(): void {
  if (!coverage) return;
  drawHeadline(byId("figures"), coverage);
  drawRemarks(byId("remarks"), coverage.remarks);
  byId("effective-note").textContent = effectiveWords(coverage);
  drawSums(byId("sums"), coverage);
  drawSinglePoints(byId("singles"), coverage.single_points, (code) => tellMap({ station: code }));
  byId("method").textContent = methodWords(coverage);
  const rows = coverage.areas.map((row) => ({ ...row, name: areaNames.get(row.code) ?? row.name }));
  const whole = rows.length > 0 ? t("planner.total") : nameOf(coverage.area);
  drawTable(byId("table-box"), {
    rows,
    total: totalRow(coverage, whole),
    minutes: coverage.minutes,
    sorting,
    focused,
    onSort: (chosen) => {
      sorting = chosen;
      showCoverage();
    },
    onFocus: focus,
  });
  const wrong = columnsThatDoNotAddUp(coverage);
  if (wrong.length > 0) showProblem(t("planner.does_not_add_up"), () => void ask());
}

/** Show one district on the map, or the whole area again. */
function focus(code: string | null): void {
  focused = code;
  showCoverage();
  tellMap({ focus: code });
}

function tellMap(message: ToMap): void {
  byId<HTMLIFrameElement>("map").contentWindow?.postMessage(message, location.origin);
}

/** The map's own layer control was used, or something was tried out there. */
function hearMap(event: MessageEvent): void {
  const frame = byId<HTMLIFrameElement>("map");
  const message = messageFrom<FromMap>(event, frame.contentWindow);
  if (!message) return;
  hearTryout(message);
  const layer = LAYERS.find((one) => one === message.layer);
  if (!layer || layer === question.layer) return;
  question = { ...question, layer };
  history.replaceState(null, "", hashOf(question));
  press("layer", layer);
}

/** Replaced, not set: the browser's back button goes to the last page, not to the last map. */
function loadMap(): void {
  const frame = byId<HTMLIFrameElement>("map");
  const cover = byId("map-cover");
  cover.textContent = t("planner.map_loading");
  cover.hidden = false;
  frame.contentWindow?.location.replace(mapPath(question, config.lang));
}

function mapLoaded(): void {
  const frame = byId<HTMLIFrameElement>("map");
  const shown = frame.contentDocument;
  if (shown?.location.href === "about:blank") return;
  const cover = byId("map-cover");
  if (shown?.querySelector(".folium-map")) {
    cover.hidden = true;
    if (focused) tellMap({ focus: focused });
    tellMap({ layer: question.layer });
    tellAgain();
    return;
  }
  fillWith(cover, t("planner.map_failed"), button(t("common.retry"), loadMap));
}

function wireSegments(id: string, part: (value: string) => Partial<Question>): void {
  for (const one of byId(id).querySelectorAll<HTMLElement>("[data-value]")) {
    one.addEventListener("click", () => change(part(one.dataset.value ?? "")));
  }
}

function press(id: string, value: string): void {
  for (const one of byId(id).querySelectorAll<HTMLElement>("[data-value]")) {
    one.setAttribute("aria-pressed", String(one.dataset.value === value));
  }
}

function nameOf(code: string): string {
  return code === config.root_area ? t("planner.whole_city") : (areaNames.get(code) ?? code);
}

/** Riders rest at midday, when many stations close. */
function noonToday(): string {
  const shanghai = new Date(Date.now() + 8 * 3_600_000);
  return `${shanghai.toISOString().slice(0, 10)}T12:30`;
}

void start();
