// The calendar, for administrators: public holidays and weekend days that are worked, by year.

import { sentence } from "../shared/api";
import { button, byId, el, fillWith } from "../shared/dom";
import { inPageLanguage, t } from "../shared/i18n";
import { config } from "../shared/page";
import { askAsAccount } from "../shared/session";

interface CalendarDay {
  date: string;
  working: boolean;
  name: string;
  name_en: string | null;
  origin: string;
}

interface CalendarYear {
  year: number;
  provisional: boolean;
  days: CalendarDay[];
}

let year = new Date().getFullYear();

/** Show this year's calendar. */
export function showCalendar(place: HTMLElement): void {
  fillWith(
    place,
    el(
      "div",
      { class: "calendar-bar" },
      button(t("calendar.earlier"), () => turn(-1), { class: "button" }, "back"),
      el("h2", { id: "calendar-year", tabindex: "-1" }, ""),
      button(t("calendar.later"), () => turn(1), { class: "button" }),
    ),
    el("div", { id: "calendar-status", role: "status" }),
    el("div", { id: "calendar-provisional" }),
    dayForm(),
    el("ol", { class: "calendar-days", id: "calendar-days" }),
  );
  void load();
}

function turn(by: number): void {
  year += by;
  void load();
}

async function load(said: HTMLElement | null = null): Promise<void> {
  byId("calendar-year").textContent = t("calendar.year", { year });
  try {
    const { body } = await askAsAccount<CalendarYear>(`/v1/calendar?year=${year}`);
    if (body.year !== year) return;
    fillWith(byId("calendar-status"), said);
    showYear(body);
  } catch (error) {
    say(sentence(error), "notice-error");
    fillWith(byId("calendar-days"));
  }
}

function showYear(shown: CalendarYear): void {
  fillWith(
    byId("calendar-provisional"),
    el(
      "div",
      { class: shown.provisional ? "notice notice-warning" : "notice" },
      el("span", {}, t(shown.provisional ? "calendar.provisional" : "calendar.published")),
      button(
        t(shown.provisional ? "calendar.set_published" : "calendar.set_provisional"),
        () => void setProvisional(!shown.provisional),
        { class: "button button-small" },
      ),
    ),
  );
  fillWith(byId("calendar-days"), ...shown.days.map(dayRow));
  const date = byId<HTMLInputElement>("day-date");
  date.min = `${shown.year}-01-01`;
  date.max = `${shown.year}-12-31`;
}

function dayRow(day: CalendarDay): HTMLElement {
  const mine = day.origin === "administrator";
  const name = inPageLanguage({ zh: day.name, en: day.name_en ?? day.name });
  return el(
    "li",
    { class: "calendar-day", "data-day": day.date },
    el("span", { class: "calendar-date" }, dateWords(day.date)),
    el(
      "span",
      { class: `open ${day.working ? "open-soon" : "open-good"}` },
      t(day.working ? "calendar.working" : "calendar.off"),
    ),
    el("span", { class: "calendar-name" }, name),
    mine && el("span", { class: "tag" }, t("calendar.mine")),
    mine &&
      button(t("calendar.remove"), () => void remove(day.date), {
        class: "button button-small",
        "aria-label": t("calendar.remove_this", { day: day.date }),
      }),
  );
}

function dayForm(): HTMLElement {
  const form = el(
    "form",
    { class: "panel calendar-form", novalidate: true, autocomplete: "off" },
    el("h3", {}, t("calendar.add_heading")),
    el("p", { class: "hint" }, t("calendar.add_hint")),
    field("day-date", "calendar.date", el("input", { type: "date", name: "date" })),
    el(
      "fieldset",
      { class: "field" },
      el("legend", {}, t("calendar.what")),
      el(
        "div",
        { class: "three" },
        ...(["off", "working"] as const).map((value) =>
          el(
            "label",
            { class: "three-way three-unknown" },
            el("input", { type: "radio", name: "working", value, checked: value === "off" }),
            el("span", {}, t(`calendar.${value}`)),
          ),
        ),
      ),
    ),
    field(
      "day-name",
      "calendar.name",
      el("input", {
        type: "text",
        name: "name",
        maxlength: 60,
        placeholder: t("calendar.example"),
      }),
    ),
    el("button", { type: "submit", class: "button button-primary" }, t("calendar.add")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void add(form);
  });
  return form;
}

function field(id: string, key: string, control: HTMLElement): HTMLElement {
  control.id = id;
  return el("div", { class: "field" }, el("label", { for: id }, t(key)), control);
}

async function add(form: HTMLFormElement): Promise<void> {
  const data = new FormData(form);
  const date = String(data.get("date") ?? "");
  const name = String(data.get("name") ?? "").trim();
  if (!date || !name) {
    say(t("calendar.missing"), "notice-error");
    form.querySelector<HTMLElement>(date ? "[name=name]" : "[name=date]")?.focus();
    return;
  }
  const body = { working: data.get("working") === "working", name };
  const done = await change(`/v1/calendar/${date}`, "PUT", body);
  if (done) form.reset();
}

async function remove(date: string): Promise<void> {
  await change(`/v1/calendar/${date}`, "DELETE");
  byId("calendar-year").focus();
}

async function setProvisional(provisional: boolean): Promise<void> {
  await change(`/v1/calendar/years/${year}`, "PUT", { published: !provisional });
}

async function change(path: string, method: "PUT" | "DELETE", body?: unknown): Promise<boolean> {
  try {
    await askAsAccount(path, body === undefined ? { method } : { method, body });
    await load(el("p", { class: "notice notice-good" }, t("calendar.saved")));
    return true;
  } catch (error) {
    say(sentence(error), "notice-error");
    return false;
  }
}

function say(words: string, tone: string): void {
  fillWith(byId("calendar-status"), el("p", { class: `notice ${tone}` }, words));
}

function dateWords(date: string): string {
  const parts: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", weekday: "short" };
  const language = config.lang === "en" ? "en-GB" : "zh-CN";
  const noon = new Date(`${date}T12:00:00+08:00`);
  return new Intl.DateTimeFormat(language, { ...parts, timeZone: "Asia/Shanghai" }).format(noon);
}
