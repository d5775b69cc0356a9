// The courier's page: ask where, show the nearest stations that will be open, keep them fresh.

import "../shared/style.css";
import "./style.css";
import { getJson, isAbort, sentence } from "../shared/api";
import { button, byId, el, fillWith } from "../shared/dom";
import { creditDownloads } from "../shared/downloads";
import { t } from "../shared/i18n";
import { icon } from "../shared/icons";
import type { District } from "../shared/map";
import { keepPlaceOnLanguageSwitch } from "../shared/page";
import { loadTaxonomy } from "../shared/taxonomy";
import type { Listing, NearestAnswer, SearchHit, Source } from "../shared/types";
import { ageWords, wholeMinutes } from "../shared/units";
import { type CardContext, stationCard } from "./cards";
import { setUpChoices, showChoices } from "./choices";
import { showEvents } from "./events";
import { readHabits, saveHabits } from "./habits";
import { FIRST_QUESTION, nearestPath, type Origin, type Question } from "./query";
import { remarks } from "./remarks";
import { setUpSearch } from "./search";
import { type Sought, setUpSought } from "./sought";
import { createStationMap, type StationMap } from "./station_map";
import { askDevice, deviceIsAllowed, WhereError } from "./where";

const REFRESH_MS = 60_000;
const POOR_ACCURACY_M = 500;

let question: Question = { ...FIRST_QUESTION, ...readHabits() };
let answer: NearestAnswer | null = null;
let answeredAt = 0;
let failure: unknown = null;
let selected: string | null = null;
let asking: AbortController | null = null;
let sources = new Map<string, string>();
let stationMap: StationMap;
let sought: Sought;

function start(): void {
  keepPlaceOnLanguageSwitch();
  byId("locate-icon").append(icon("target"));
  byId("filters-icon").append(icon("filter"));
  stationMap = createStationMap(byId("map"), {
    onPlace: (lon, lat) => setOrigin({ lon, lat, by: "map", name: "", accuracyM: null }),
    onStation: (code) => select(code, "map"),
    onEvent: selectEvent,
  });
  sought = setUpSought({
    context: cardContext,
    onShown: (station) => stationMap.showSought(station),
    onNear: nearStation,
    hasOrigin: () => question.origin !== null,
  });
  setUpSearch({
    near: () => question.origin ?? null,
    onPlace: toPlace,
    onStation: (code) => void sought.open(code),
  });
  byId("events-icon").append(icon("calendar"));
  byId("events-toggle").addEventListener("click", () => change({ events: !question.events }));
  byId("locate").addEventListener("click", () => void locate());
  byId("use-centre").addEventListener("click", () => {
    setOrigin({ ...stationMap.centre(), by: "map", name: "", accuracyM: null });
  });
  void stationMap.base.districts.then((districts) => {
    listDistricts(districts);
    showAnswer();
  });
  setUpChoices(change);
  showChosen();
  void loadWords();
  void deviceIsAllowed().then((allowed) => {
    if (allowed && !question.origin) void locate();
  });
  window.setInterval(tick, 15_000);
  document.addEventListener("visibilitychange", tick);
  window.addEventListener("online", () => void askNearest(false));
}

async function loadWords(): Promise<void> {
  try {
    await loadTaxonomy();
  } catch (error) {
    byId("status").textContent = sentence(error);
  }
  setUpChoices(change);
  showChosen();
  showAnswer();
  try {
    const listing = await getJson<{ sources: Source[] }>("/v1/sources");
    creditDownloads(listing.sources);
    sources = new Map(listing.sources.map((source) => [source.code, source.name]));
  } catch {
    // Cards show the source's code until it can be named.
  }
}

function change(next: Partial<Question>): void {
  question = { ...question, ...next };
  saveHabits(question);
  showChosen();
  const reframing = ["profile", "withinM", "kinds", "events"].some((name) => name in next);
  void askNearest(reframing && !("limit" in next));
}

function showChosen(): void {
  showChoices(question);
  byId("events-toggle").setAttribute("aria-pressed", String(question.events));
}

async function locate(): Promise<void> {
  const locateButton = byId<HTMLButtonElement>("locate");
  fillWith(byId("locate-problem"));
  locateButton.setAttribute("aria-busy", "true");
  byId("locate-label").textContent = t("courier.locating");
  try {
    setOrigin(await askDevice());
  } catch (error) {
    const words = error instanceof WhereError ? error.message : sentence(error);
    fillWith(byId("locate-problem"), el("p", { class: "notice notice-warning" }, words));
  } finally {
    locateButton.removeAttribute("aria-busy");
    byId("locate-label").textContent = t(locateLabel());
  }
}

function setOrigin(origin: Origin): void {
  question = { ...question, origin, withinM: null, limit: FIRST_QUESTION.limit };
  selected = null;
  fillWith(byId("locate-problem"));
  byId("origin-words").textContent = originWords(origin);
  byId("map-hint").hidden = true;
  byId("district-none").textContent = t("courier.district_short");
  byId("locate-label").textContent = t(locateLabel());
  if (origin.by !== "district") byId<HTMLSelectElement>("district").value = "";
  document.body.classList.add("has-origin");
  stationMap.showOrigin(origin);
  void askNearest(true);
}

/** A place or an area that was found by name is where the search starts from. */
function toPlace(hit: SearchHit, name: string): void {
  if (!hit.geometry) {
    byId("find-status").textContent = t("courier.find_no_point", { name });
    return;
  }
  const [lon, lat] = hit.geometry.coordinates;
  const by = hit.properties.type === "area" ? "area" : "search";
  setOrigin({ lon, lat, by, name, accuracyM: null });
}

function nearStation(station: Listing): void {
  if (!station.geometry) return;
  const [lon, lat] = station.geometry.coordinates;
  sought.close();
  setOrigin({ lon, lat, by: "search", name: station.properties.name, accuracyM: null });
}

function locateLabel(): string {
  if (!question.origin) return "courier.locate";
  return question.origin.by === "device" ? "courier.locate_again" : "courier.locate_short";
}

function originWords(origin: Origin): string {
  if (origin.by === "district") return t("courier.from_district", { name: origin.name });
  if (origin.by === "area") return t("courier.from_area", { name: origin.name });
  if (origin.by === "search") return t("courier.from_search", { name: origin.name });
  if (origin.by === "map") return t("courier.from_map");
  const metres = origin.accuracyM ?? 0;
  return t(metres > POOR_ACCURACY_M ? "courier.from_device_poor" : "courier.from_device", {
    metres,
  });
}

function listDistricts(districts: readonly District[]): void {
  const choice = byId<HTMLSelectElement>("district");
  for (const district of districts) {
    choice.append(el("option", { value: district.code }, district.name));
  }
  choice.addEventListener("change", () => {
    const chosen = districts.find((district) => district.code === choice.value);
    if (!chosen) return;
    const { lat, lng: lon } = chosen.centre;
    setOrigin({ lon, lat, by: "district", name: chosen.name, accuracyM: null });
  });
}

/** Ask again; `reframe` moves the map to the answer. */
async function askNearest(reframe: boolean): Promise<void> {
  const { origin } = question;
  if (!origin) return;
  asking?.abort();
  const ours = new AbortController();
  asking = ours;
  byId("cards").setAttribute("aria-busy", "true");
  if (!answer) byId("status").textContent = t("courier.searching");
  try {
    answer = await getJson<NearestAnswer>(nearestPath(question, origin), ours.signal);
    answeredAt = Date.now();
    failure = null;
    showAnswer();
    if (reframe) stationMap.frame();
  } catch (error) {
    if (isAbort(error) || ours.signal.aborted) return;
    failure = error;
    showStaleness();
  } finally {
    if (asking === ours) {
      asking = null;
      byId("cards").removeAttribute("aria-busy");
    }
  }
}

function showAnswer(): void {
  if (!answer) return;
  const { features } = answer;
  const cards = features.map((station, index) =>
    stationCard(station.properties, { ...cardContext(), number: index + 1 }),
  );
  replaceCards(cards);
  stationMap.showStations(features, answer.query.within_m);
  stationMap.showRoute(answer.route ?? null);
  const events = question.events ? (answer.events ?? []) : null;
  showEvents(byId("events"), events, answer.events_reason ?? null, question.profile, selectEvent);
  stationMap.showEvents(events ?? []);
  const first = features[0];
  byId("status").textContent = first
    ? foundWords(features.length, first.properties.minutes)
    : (answer.reason ?? t("courier.nothing"));
  fillWith(byId("after-cards"), ...remarks(answer, question, change));
  showStaleness();
  if (selected && features.some((station) => station.id === selected)) mark(selected);
}

function foundWords(count: number, minutes: number | null): string {
  return minutes === null
    ? t("courier.found_no_way", { count })
    : t("courier.found", { count, minutes: wholeMinutes(minutes) });
}

function cardContext(): Omit<CardContext, "number"> {
  return {
    profile: question.profile,
    wanted: question.services,
    sourceName: (code) => sources.get(code) ?? code,
    onSelect: (code) => select(code, "card"),
  };
}

/** Put the new cards in, with what was unfolded and focused still so. */
function replaceCards(cards: readonly HTMLElement[]): void {
  const place = byId("cards");
  const unfolded = [...place.querySelectorAll<HTMLElement>("details[open]")].map(codeAround);
  const focused = document.activeElement;
  const focusedCode = focused && place.contains(focused) ? codeAround(focused) : null;
  const focusedKind = focused?.className ?? "";
  fillWith(place, ...cards);
  for (const card of cards) {
    const details = card.querySelector("details");
    if (details && unfolded.includes(codeAround(details))) details.open = true;
    if (focusedCode !== null && card.dataset.code === focusedCode) {
      const same = [...card.querySelectorAll<HTMLElement>("button, a, summary")].find(
        (control) => control.className === focusedKind,
      );
      same?.focus({ preventScroll: true });
    }
  }
}

function codeAround(element: Element): string {
  return element.closest<HTMLElement>("[data-code]")?.dataset.code ?? "";
}

function showStaleness(): void {
  const place = byId("stale");
  if (failure === null) {
    if (place.firstChild) fillWith(place);
    return;
  }
  const age = answer ? t("courier.stale", { ago: ageWords(Date.now() - answeredAt) }) : "";
  fillWith(
    place,
    el(
      "div",
      { class: "notice notice-warning" },
      el("p", {}, `${sentence(failure)} ${age}`.trim()),
      button(t("common.retry"), () => void askNearest(false)),
    ),
  );
  if (!answer) byId("status").textContent = "";
}

function select(code: string, from: "map" | "card"): void {
  selected = code;
  const card = mark(code);
  stationMap.select(code, from === "card");
  if (from === "map" && card) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    card.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
    card.querySelector<HTMLElement>(".card-title")?.focus({ preventScroll: true });
  }
}

function selectEvent(code: string): void {
  stationMap.selectEvent(code);
  const card = byId("events").querySelector<HTMLElement>(`[data-event="${CSS.escape(code)}"]`);
  card?.scrollIntoView({ block: "nearest" });
  card?.querySelector<HTMLElement>(".card-title")?.focus({ preventScroll: true });
}

function mark(code: string): HTMLElement | null {
  let found: HTMLElement | null = null;
  for (const card of byId("cards").querySelectorAll<HTMLElement>(".card")) {
    const chosen = card.dataset.code === code;
    card.classList.toggle("selected", chosen);
    if (chosen) {
      card.setAttribute("aria-current", "true");
      found = card;
    } else card.removeAttribute("aria-current");
  }
  stationMap.select(code, false);
  return found;
}

function tick(): void {
  if (document.hidden || !question.origin || asking) return;
  if (Date.now() - answeredAt >= REFRESH_MS) void askNearest(false);
  else showStaleness();
}

start();
