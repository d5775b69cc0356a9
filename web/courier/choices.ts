// How to travel, what kind of place, what it must have: the controls above the answer.

import { byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { groupOfKind, iconOf, kindLabel, label, specialGroups, taxonomy } from "../shared/taxonomy";
import type { Profile } from "../shared/types";
import { FIRST_QUESTION, type Question, toggled } from "./query";

type Change = (next: Partial<Question>) => void;

const KINDS_FIRST = ["rest_station", "nursing_room", "drivers_home"];
const SERVICES_FIRST = [
  "drinking_water",
  "microwave",
  "charging",
  "toilet",
  "first_aid",
  "ebike_charging",
  "cooling",
  "warmth",
  "rain_gear",
  "wifi",
];

let shown: Question = FIRST_QUESTION;
let listening = false;

/** Make the chips, again when the taxonomy has come, and let each change the question. */
export function setUpChoices(change: Change): void {
  const special = specialGroups();
  fillWith(
    byId("kinds"),
    chip(t("courier.kind_all"), "all", "pin", () => change({ kinds: [], withinM: null })),
    ...KINDS_FIRST.filter(isKnownKind).map((code) =>
      chip(kindLabel(code), code, iconOf("kind", code), () =>
        change({ kinds: toggled(shown.kinds, code), withinM: null }),
      ),
    ),
  );
  fillWith(
    byId("services"),
    ...taxonomy()
      .service.filter(
        (service) => SERVICES_FIRST.includes(service.code) || special.has(service.facet),
      )
      .map(({ code, facet }) => {
        const made = chip(label("service", code), code, iconOf("service", code), () =>
          change({ services: toggled(shown.services, code) }),
        );
        if (special.has(facet)) made.dataset.facet = facet;
        return made;
      }),
  );
  if (listening) return;
  listening = true;
  for (const segment of byId("profiles").querySelectorAll<HTMLElement>("[data-profile]")) {
    segment.addEventListener("click", () => {
      change({ profile: segment.dataset.profile as Profile, withinM: null });
    });
  }
  byId<HTMLInputElement>("include-unknown").addEventListener("change", (event) => {
    change({ includeUnknown: (event.target as HTMLInputElement).checked });
  });
  byId<HTMLInputElement>("no-app").addEventListener("change", (event) => {
    change({ noApp: (event.target as HTMLInputElement).checked });
  });
  byId<HTMLInputElement>("show-closed").addEventListener("change", (event) => {
    change({ showClosed: (event.target as HTMLInputElement).checked });
  });
}

/** Show what is chosen. */
export function showChoices(question: Question): void {
  shown = question;
  press("profiles", "profile", (code) => code === question.profile);
  press("kinds", "code", (code) =>
    code === "all" ? question.kinds.length === 0 : question.kinds.includes(code),
  );
  press("services", "code", (code) => question.services.includes(code));
  showFacets(question);
  byId<HTMLInputElement>("include-unknown").checked = question.includeUnknown;
  byId<HTMLInputElement>("show-closed").checked = question.showClosed;
  byId<HTMLInputElement>("no-app").checked = question.noApp;
  const count =
    question.services.length +
    [question.showClosed, question.includeUnknown, question.noApp].filter(Boolean).length;
  fillWith(
    byId("filters-count"),
    count ? String(count) : null,
    count > 0 && el("span", { class: "visually-hidden" }, t("courier.filters_on")),
  );
}

/** What only mothers or truck drivers look for is offered where they look. */
function showFacets(question: Question): void {
  const facets = question.kinds.map(groupOfKind);
  for (const control of byId("services").querySelectorAll<HTMLElement>("[data-facet]")) {
    const chosen = question.services.includes(control.dataset.code ?? "");
    control.hidden = !chosen && !facets.includes(control.dataset.facet ?? "");
  }
}

function isKnownKind(code: string): boolean {
  return taxonomy().kind.some((kind) => kind.code === code);
}

function chip(words: string, code: string, iconName: string, onClick: () => void): HTMLElement {
  const made = el(
    "button",
    { type: "button", class: "chip", "data-code": code, "aria-pressed": "false" },
    icon(iconName),
    el("span", {}, words),
  );
  made.addEventListener("click", onClick);
  return made;
}

function press(group: string, name: "code" | "profile", on: (code: string) => boolean): void {
  for (const control of byId(group).querySelectorAll<HTMLElement>("button")) {
    control.setAttribute("aria-pressed", String(on(control.dataset[name] ?? "")));
  }
}
