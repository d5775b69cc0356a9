// Events nearby as cards: what, when, where, who may come and how to join.

import { areaName } from "../shared/area_names";
import { el, fillWith } from "../shared/dom";
import { eventWhen } from "../shared/event_words";
import { inPageLanguage, t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { label } from "../shared/taxonomy";
import type { NearbyEvent, NearbyEventProperties, Profile } from "../shared/types";
import { minutesBlock, warningList, ways } from "./cards";

/** Fill the place for events; empty where none were asked for. `reason`: why none are known. */
export function showEvents(
  place: HTMLElement,
  events: readonly NearbyEvent[] | null,
  reason: string | null,
  profile: Profile,
  onSelect: (code: string) => void,
): void {
  if (events === null) {
    fillWith(place);
    return;
  }
  const words = events.length
    ? t("courier.events_found", { count: events.length })
    : (reason ?? t("courier.events_none"));
  fillWith(
    place,
    el("h2", { class: "events-heading" }, icon("calendar"), el("span", {}, words)),
    events.length > 0 &&
      el("ol", { class: "cards" }, ...events.map((event) => eventCard(event, profile, onSelect))),
  );
}

/** The title of an event in the page's language. */
export function eventTitle({ title, title_en: titleEn }: NearbyEventProperties): string {
  return inPageLanguage({ zh: title, en: titleEn ?? title });
}

function eventCard(
  event: NearbyEvent,
  profile: Profile,
  onSelect: (code: string) => void,
): HTMLElement {
  const facts = event.properties;
  const title = el("button", { type: "button", class: "card-title" }, eventTitle(facts));
  title.addEventListener("click", () => onSelect(event.id));
  return el(
    "li",
    { class: "card event", "data-event": event.id },
    el(
      "div",
      { class: "card-head" },
      el("span", { class: "event-sign" }, icon("calendar")),
      el(
        "div",
        { class: "card-name" },
        el("h3", {}, title),
        el("p", { class: "card-about" }, label("event_kind", facts.kind)),
      ),
      minutesBlock(facts, profile),
    ),
    el(
      "p",
      { class: `open ${facts.state === "running" ? "open-good" : "open-soon"}` },
      icon("clock"),
      el("span", {}, whenWords(facts)),
    ),
    warningList(facts.warnings ?? []),
    factList(facts),
    ways({ name: facts.station?.name ?? eventTitle(facts), navigate: facts.navigate }),
  );
}

function whenWords({ starts_at, ends_at, state }: NearbyEventProperties): string {
  const when = eventWhen(starts_at, ends_at);
  return state === "running" ? `${when} · ${t("courier.event_running")}` : when;
}

function factList(facts: NearbyEventProperties): HTMLElement {
  const where = [facts.station?.name, facts.address ?? areaName(facts.area)];
  const rows: [string, string | null | undefined][] = [
    [t("courier.event_at"), where.filter(Boolean).join(" · ")],
    [
      t("courier.event_who"),
      facts.access === "unknown" ? t("courier.access_unknown") : label("access", facts.access),
    ],
    [t("courier.event_join"), facts.how_to_join ?? t("courier.event_join_unknown")],
    [
      t("courier.event_capacity"),
      facts.capacity === null ? null : t("courier.event_people", { count: facts.capacity }),
    ],
    [t("courier.event_organiser"), facts.organiser],
    [t("courier.event_phone"), facts.phone],
    [t("courier.event_notes"), facts.notes],
  ];
  const list = el("dl", { class: "facts" });
  for (const [name, words] of rows) {
    if (words) list.append(el("dt", {}, name), el("dd", {}, words));
  }
  return list;
}
