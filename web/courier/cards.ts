// One station as a card: when it is open, what it has, how to get in, how to get there.

import { areaName } from "../shared/area_names";
import { button, type Child, copyText, el } from "../shared/dom";
import { hasText, listed, t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { openWords } from "../shared/open_state";
import { iconOf, kindColour, kindLabel, label, taxonomy } from "../shared/taxonomy";
import type { Known, Nearby, NearbyProperties, Profile } from "../shared/types";
import { daysAgoWords, distanceWords, wholeMinutes } from "../shared/units";
import { pinMarkup } from "./pin";

const MAPS = ["amap", "tencent", "baidu", "apple"] as const;
const SHOWN_SERVICES = 6;

export interface CardContext {
  number: number;
  profile: Profile;
  /** Services that the courier asked for: shown first, and also where they are unknown. */
  wanted: readonly string[];
  sourceName: (code: string) => string;
  onSelect: (code: string) => void;
}

/** The card of a station. */
export function stationCard(station: Nearby, context: CardContext): HTMLLIElement {
  const facts = station.properties;
  const card = el("li", { class: "card", "data-code": station.id });
  card.append(
    head(station, context),
    openLine(facts),
    entryLine(facts),
    ...present(warningList(facts.warnings)),
    ...present(serviceList(facts.services, context.wanted)),
    ...present(addressLine(facts)),
    ways(facts),
    more(facts, context),
  );
  card.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (!target.closest("a, button, summary, details")) context.onSelect(station.id);
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

function head(station: Nearby, context: CardContext): HTMLElement {
  const facts = station.properties;
  const pin = el("span", { class: "card-pin" });
  pin.innerHTML = pinMarkup(context.number, kindColour(facts.kind));
  const title = el("button", { type: "button", class: "card-title" }, facts.name);
  title.addEventListener("click", () => context.onSelect(station.id));
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
    ),
    minutesBlock(facts, context.profile),
  );
}

function minutesBlock(facts: NearbyProperties, profile: Profile): HTMLElement {
  const byStreets = facts.method === "streets" && facts.street_m !== null;
  const metres = byStreets && facts.street_m !== null ? facts.street_m : facts.distance_m;
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

function openLine(facts: NearbyProperties): HTMLElement {
  const { tone, iconName, words } = openWords(facts.open, facts.status);
  return el("p", { class: `open open-${tone}` }, icon(iconName), el("span", {}, words));
}

function entryLine(facts: NearbyProperties): HTMLElement {
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

function warningList(warnings: readonly string[]): HTMLElement | null {
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

function addressLine(facts: NearbyProperties): HTMLElement | null {
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

function ways(facts: NearbyProperties): HTMLElement {
  const links = MAPS.filter((name) => facts.navigate[name]).map((name, index) =>
    el(
      "a",
      {
        class: index === 0 ? "button button-primary" : "button",
        href: facts.navigate[name] ?? "",
        target: "_blank",
        rel: "noopener noreferrer",
      },
      index === 0 && icon("navigate"),
      el("span", {}, t(`courier.${index === 0 ? "go" : "map"}_${name}`)),
      el("span", { class: "visually-hidden" }, t("courier.navigate_to", { name: facts.name })),
    ),
  );
  return el("div", { class: "ways" }, ...links);
}

function more(facts: NearbyProperties, context: CardContext): HTMLElement {
  const names = (known: Known): string =>
    taxonomy()
      .service.filter((service) => (facts.services[service.code] ?? "unknown") === known)
      .map((service) => label("service", service.code))
      .join(t("common.list_separator"));
  const rows: [string, string][] = [
    [t("courier.hours"), facts.open.text ?? t("courier.hours_unknown")],
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
