// One station as a card: when it is open, what it has, how to get in, how to get there.

import { areaName } from "../shared/area_names";
import { closedDays, closureWords, isOver } from "../shared/closures";
import { button, type Child, copyText, el } from "../shared/dom";
import { dayOf, eventWhen } from "../shared/event_words";
import { hasText, listed, t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { openNote, openWords } from "../shared/open_state";
import { iconOf, kindColour, kindLabel, label, taxonomy } from "../shared/taxonomy";
import type { Closure, Known, NearbyProperties, Profile, StationProperties } from "../shared/types";
import { daysAgoWords, distanceWords, wholeMinutes } from "../shared/units";
import { pinMarkup } from "./pin";

const MAPS = ["amap", "tencent", "baidu", "apple"] as const;
const SHOWN_SERVICES = 6;

/** What is known of the way from a person to a place. */
type WayThere = Partial<Pick<NearbyProperties, "distance_m" | "street_m" | "minutes" | "method">>;

/** A station of any answer; minutes and metres are there where it is known from where. */
export type CardFacts = StationProperties &
  WayThere & {
    navigate?: Record<string, string> | null;
    closures?: Closure[];
  };

export interface CardContext {
  /** The number on the map; null for one that was asked for by name. */
  number: number | null;
  profile: Profile;
  /** Services that the courier asked for: shown first, and also where they are unknown. */
  wanted: readonly string[];
  sourceName: (code: string) => string;
  onSelect: (code: string) => void;
}

/** The card of a station. */
export function stationCard(facts: CardFacts, context: CardContext): HTMLLIElement {
  const card = el("li", { class: "card", "data-code": facts.code });
  card.append(
    head(facts, context),
    openLine(facts),
    ...present(noteLine(facts)),
    entryLine(facts),
    ...present(wayIn(facts)),
    ...present(warningList(facts.warnings)),
    ...eventLines(facts),
    ...present(serviceList(facts.services, context.wanted)),
    ...present(addressLine(facts)),
    ways(facts),
    more(facts, context),
  );
  card.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (!target.closest("a, button, summary, details")) context.onSelect(facts.code);
  });
  return card;
}

/** A station's services in the order of the taxonomy, those asked for first. */
export function servicesInOrder(
  services: Readonly<Record<string, Known>>,
  wanted: readonly string[],
  order: readonly string[],
): { code: string; known: Known }[] {
  const codes = [...wanted, ...order.filter((code) => !wanted.includes(code))];
  return codes.map((code) => ({ code, known: services[code] ?? "unknown" }));
}

function head(facts: CardFacts, context: CardContext): HTMLElement {
  const pin = el("span", { class: "card-pin" });
  pin.innerHTML = pinMarkup(context.number, kindColour(facts.kind));
  const title = el("button", { type: "button", class: "card-title" }, facts.name);
  title.addEventListener("click", () => context.onSelect(facts.code));
  const kinds = [facts.kind, ...facts.also_kinds].map(kindLabel);
  const about = [
    listed(kinds),
    areaName(facts.area),
    facts.tier ? label("tier", facts.tier) : null,
  ];
  return el(
    "div",
    { class: "card-head" },
    pin,
    el(
      "div",
      { class: "card-name" },
      el("h3", {}, title),
      el("p", { class: "card-about" }, about.filter(Boolean).join(" · ")),
      aliasLine(facts),
    ),
    minutesBlock(facts, context.profile),
  );
}

function aliasLine(facts: CardFacts): HTMLElement | null {
  const { aliases = [] } = facts;
  if (!aliases.length) return null;
  return el("p", { class: "card-about" }, t("courier.also_called"), " ", listed(aliases));
}

/** How long and how far: a card's corner, of a station or an event; null where it is not known. */
export function minutesBlock(facts: WayThere, profile: Profile): HTMLElement | null {
  if (facts.minutes === undefined || facts.distance_m === undefined) return null;
  const street = facts.method === "streets" ? (facts.street_m ?? null) : null;
  const byStreets = street !== null;
  const metres = street ?? facts.distance_m;
  if (facts.minutes === null) {
    return el(
      "p",
      { class: "card-minutes" },
      el("span", { class: "how" }, t("courier.as_crow_flies", { distance: distanceWords(metres) })),
    );
  }
  return el(
    "p",
    { class: "card-minutes" },
    el(
      "span",
      { class: "minutes" },
      el("strong", {}, String(wholeMinutes(facts.minutes))),
      ` ${t("courier.minutes_unit")}`,
    ),
    el("span", { class: "how" }, t(`courier.profile_${profile}`)),
    el(
      "span",
      { class: "how" },
      t(byStreets ? "courier.by_street" : "courier.as_crow_flies", {
        distance: distanceWords(metres),
      }),
    ),
  );
}

function openLine(facts: CardFacts): HTMLElement {
  const { tone, iconName, words } = openWords(facts.open, facts.status);
  return el("p", { class: `open open-${tone}` }, icon(iconName), el("span", {}, words));
}

function noteLine(facts: CardFacts): HTMLElement | null {
  const words = facts.status === "active" ? openNote(facts.open) : null;
  return words === null
    ? null
    : el("p", { class: "open-note" }, icon("info"), el("span", {}, words));
}

function wayIn({ way_in: words }: CardFacts): HTMLElement | null {
  if (!words) return null;
  const name = el("span", { class: "visually-hidden" }, `${t("courier.way_in")} `);
  return el("p", { class: "entry" }, icon("stairs"), el("span", {}, name, words));
}

function eventLines({ events = [] }: CardFacts): HTMLElement[] {
  return events.map(({ title, starts_at, ends_at }) =>
    el(
      "p",
      { class: "entry" },
      icon("calendar"),
      el("span", {}, t("courier.event_here", { title, when: eventWhen(starts_at, ends_at) })),
    ),
  );
}

function entryLine(facts: CardFacts): HTMLElement {
  const access =
    facts.access === "unknown" ? t("courier.access_unknown") : label("access", facts.access);
  const entry = facts.entry.map((code) => label("entry", code));
  return el(
    "p",
    { class: "entry" },
    icon("door"),
    el("span", {}, entry.length ? `${access} · ${entry.join(" / ")}` : access),
  );
}

/** Warnings in words, each beside its sign. */
export function warningList(warnings: readonly string[]): HTMLElement | null {
  if (!warnings.length) return null;
  const lines = warnings.map((warning) => {
    const key = `warning.${warning}`;
    return el("li", {}, icon("warning"), el("span", {}, hasText(key) ? t(key) : warning));
  });
  return el("ul", { class: "warnings" }, ...lines);
}

function serviceList(
  services: Readonly<Record<string, Known>>,
  wanted: readonly string[],
): HTMLElement | null {
  const order = taxonomy().service.map((service) => service.code);
  const all = servicesInOrder(services, wanted, order);
  const shown = all.filter(({ code, known }) => known === "yes" || wanted.includes(code));
  if (!shown.length) return null;
  const first = shown.slice(0, Math.max(SHOWN_SERVICES, wanted.length));
  const rest = shown.length - first.length;
  return el(
    "ul",
    { class: "services", "aria-label": t("courier.has") },
    ...first.map(({ code, known }) => serviceItem(code, known)),
    rest > 0 &&
      el("li", { class: "service service-rest" }, t("courier.more_services", { count: rest })),
  );
}

function serviceItem(code: string, known: Known): HTMLElement {
  const name = label("service", code);
  return el(
    "li",
    { class: `service service-${known}` },
    icon(known === "yes" ? iconOf("service", code) : known === "no" ? "close" : "question"),
    el("span", {}, known === "yes" ? name : t(`courier.service_${known}`, { service: name })),
  );
}

function addressLine(facts: CardFacts): HTMLElement | null {
  const { address } = facts;
  if (!address) return null;
  const copy = button(
    t("courier.copy"),
    () => {
      void copyText(address).then((copied) => {
        const words = copy.querySelector("span");
        if (words) words.textContent = t(copied ? "courier.copied" : "courier.copy_failed");
      });
    },
    { class: "button button-small" },
    "copy",
  );
  copy.append(
    el("span", { class: "visually-hidden" }, t("courier.copy_address", { name: facts.name })),
  );
  return el("div", { class: "address" }, el("span", {}, address), copy);
}

/** Links that lead there, in the maps that people have. */
export function ways(to: { name: string; navigate?: Record<string, string> | null }): HTMLElement {
  const addresses = to.navigate ?? {};
  const links = MAPS.filter((name) => addresses[name]).map((name, index) =>
    el(
      "a",
      {
        class: index === 0 ? "button button-primary" : "button",
        href: addresses[name] ?? "",
        target: "_blank",
        rel: "noopener noreferrer",
      },
      index === 0 && icon("navigate"),
      el("span", {}, t(`courier.${index === 0 ? "go" : "map"}_${name}`)),
      el("span", { class: "visually-hidden" }, t("courier.navigate_to", { name: to.name })),
    ),
  );
  return el("div", { class: "ways" }, ...links);
}

function more(facts: CardFacts, context: CardContext): HTMLElement {
  const names = (known: Known): string =>
    taxonomy()
      .service.filter((service) => (facts.services[service.code] ?? "unknown") === known)
      .map((service) => label("service", service.code))
      .join(t("common.list_separator"));
  const rows: [string, string][] = [
    [t("courier.hours"), facts.open.text ?? t("courier.hours_unknown")],
    [t("courier.closures"), closuresWords(facts.closures ?? [])],
    [t("courier.has"), names("yes")],
    [t("courier.has_not"), names("no")],
    [t("courier.brand"), facts.brand ?? ""],
    [t("courier.checked"), checkedWords(facts.checked)],
    [t("courier.source"), facts.source ? context.sourceName(facts.source) : ""],
    [t("courier.code"), facts.code],
  ];
  const list = el("dl", { class: "facts" });
  for (const [name, words] of rows) {
    if (words) list.append(el("dt", {}, name), el("dd", {}, words));
  }
  return el(
    "details",
    { class: "more" },
    el(
      "summary",
      {},
      icon("chevron"),
      el("span", {}, t("courier.more")),
      el("span", { class: "visually-hidden" }, ` ${facts.name}`),
      el("span", { class: "freshness" }, freshness(facts.checked)),
    ),
    list,
  );
}

function closuresWords(closures: readonly Closure[]): string {
  const today = dayOf(new Date());
  const coming = closures.map(closedDays).filter((days) => !isOver(days, today));
  return coming.map(closureWords).join("\n");
}

function freshness(checked: Readonly<Record<string, string>>): string {
  const latest = Object.values(checked).sort().pop();
  return latest
    ? t("courier.checked_ago", { ago: daysAgoWords(latest) })
    : t("courier.never_checked");
}

function checkedWords(checked: Readonly<Record<string, string>>): string {
  const lines = checkedByDay(checked).map(([day, what]) => {
    const names = what.map((one) =>
      hasText(`courier.checked_${one}`) ? t(`courier.checked_${one}`) : one,
    );
    return t("courier.checked_line", { day, what: listed(names) });
  });
  return lines.length ? lines.join("\n") : t("courier.never_checked");
}

/** What was checked on each day, the latest first. */
export function checkedByDay(checked: Readonly<Record<string, string>>): [string, string[]][] {
  const days = new Map<string, string[]>();
  for (const [what, instant] of Object.entries(checked)) {
    const day = instant.slice(0, 10);
    days.set(day, [...(days.get(day) ?? []), what]);
  }
  return [...days].sort(([one], [other]) => other.localeCompare(one));
}

function present(child: Child): Node[] {
  return child instanceof Node ? [child] : [];
}
