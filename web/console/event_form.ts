// The form of a new event: at which station, what, when, for whom, and how to join.

import { Problem, queryString, sentence } from "../shared/api";
import { areaName } from "../shared/area_names";
import { createCombobox } from "../shared/combobox";
import { el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { askAsAccount } from "../shared/session";
import { label, taxonomy } from "../shared/taxonomy";
import type { Collection, Listing, ListingProperties } from "../shared/types";

const FOUND = 8;
const FIRST_ACCESS = "everyone";

/** Make the form; `save` sends what was written and throws where the service refuses it. */
export function eventForm(save: (body: Record<string, unknown>) => Promise<void>): HTMLElement {
  let station: Listing | null = null;
  const words = el("input", { type: "text", id: "event-station", autocomplete: "off" });
  const list = el("ul", {
    class: "combo",
    id: "event-station-list",
    "aria-label": t("event.field_station"),
  });
  const status = el("p", { class: "hint", role: "status" });
  const problem = el("div", { role: "alert" });
  const combobox = createCombobox<Listing>({
    input: words,
    list,
    status,
    ask: async (text) => {
      const path = `/v1/my/stations?${queryString({ q: text, limit: FOUND })}`;
      return (await askAsAccount<Collection<ListingProperties>>(path)).body.features;
    },
    row: ({ properties }) => [
      el(
        "span",
        { class: "combo-words" },
        el("span", { class: "combo-name" }, properties.name),
        el("span", { class: "combo-detail" }, properties.address ?? areaName(properties.area)),
      ),
    ],
    name: ({ properties }) => properties.name,
    choose: (found) => {
      station = found;
    },
    found: (count, text) =>
      count ? t("event.stations_found", { count }) : t("console.none_found", { words: text }),
  });
  words.addEventListener("input", () => {
    station = null;
  });
  const form = el(
    "form",
    { class: "panel event-form", id: "event-form", novalidate: true, autocomplete: "off" },
    el("h2", {}, t("event.new_heading")),
    el(
      "div",
      { class: "field combo-field" },
      el("label", { for: words.id }, t("event.field_station")),
      el("div", { class: "combo-box" }, words, list),
      status,
    ),
    select("kind", taxonomy().event_kind),
    input("title", { maxlength: 200, placeholder: t("event.title_example") }),
    el(
      "div",
      { class: "event-times" },
      input("day", { type: "date" }),
      input("begins", { type: "time" }),
      input("ends", { type: "time" }),
    ),
    input("last_day", { type: "date" }, "event.last_day_hint"),
    select("access", taxonomy().access, FIRST_ACCESS),
    input("how_to_join", { maxlength: 500, placeholder: t("event.join_example") }),
    input("capacity", { type: "number", min: 0, step: 1 }),
    input("organiser", { maxlength: 200 }),
    problem,
    el("button", { type: "submit", class: "button button-primary button-large" }, t("event.save")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });

  async function send(): Promise<void> {
    const data = new FormData(form);
    const gap = eventGap(station?.id ?? null, data);
    if (gap) {
      fillWith(problem, el("p", { class: "notice notice-error" }, t(gap.key)));
      form.querySelector<HTMLElement>(`#event-${gap.field}`)?.focus();
      return;
    }
    try {
      await save(eventBody(station?.id ?? "", data));
      form.reset();
      combobox.show("");
      station = null;
      fillWith(problem);
    } catch (error) {
      fillWith(problem, el("p", { class: "notice notice-error" }, sentence(error)));
      const field = error instanceof Problem ? error.body.field : null;
      const control = field ? form.querySelector<HTMLElement>(`[name="${field}"]`) : null;
      control?.focus();
    }
  }

  return form;
}

/** What is missing; null where nothing is. */
export function eventGap(
  station: string | null,
  data: FormData,
): { field: string; key: string } | null {
  if (station === null) return { field: "station", key: "event.missing_station" };
  const value = (name: string): string => String(data.get(name) ?? "").trim();
  if (!value("title")) return { field: "title", key: "event.missing_title" };
  const time = ["day", "begins", "ends"].find((name) => !value(name));
  if (time) return { field: time, key: "event.missing_time" };
  const last = value("last_day") || value("day");
  if (`${last}T${value("ends")}` <= `${value("day")}T${value("begins")}`) {
    return { field: "ends", key: "event.wrong_order" };
  }
  return null;
}

/** The event as the service takes it; times are Ningbo's. */
export function eventBody(station: string, data: FormData): Record<string, unknown> {
  const value = (name: string): string => String(data.get(name) ?? "").trim();
  const text = (name: string): string | null => value(name) || null;
  return {
    station,
    kind: value("kind"),
    title: value("title"),
    starts_at: `${value("day")}T${value("begins")}:00+08:00`,
    ends_at: `${value("last_day") || value("day")}T${value("ends")}:00+08:00`,
    access: value("access"),
    how_to_join: text("how_to_join"),
    organiser: text("organiser"),
    capacity: value("capacity") === "" ? null : Number(value("capacity")),
  };
}

function input(
  name: string,
  attributes: Record<string, string | number> = {},
  hint: string | null = null,
): HTMLElement {
  const id = `event-${name}`;
  return el(
    "div",
    { class: "field" },
    el("label", { for: id }, t(`event.field_${name}`)),
    el("input", { type: "text", id, name, ...attributes }),
    hint && el("p", { class: "hint" }, t(hint)),
  );
}

function select(
  name: "kind" | "access",
  terms: readonly { code: string }[],
  chosen?: string,
): HTMLElement {
  const id = `event-${name}`;
  const facet = name === "kind" ? "event_kind" : "access";
  const control = el(
    "select",
    { id, name },
    ...terms.map(({ code }) =>
      el("option", { value: code, selected: code === chosen }, label(facet, code)),
    ),
  );
  return el("div", { class: "field" }, el("label", { for: id }, t(`event.field_${name}`)), control);
}
