// The form's fields: made from a draft, read back into one, and told what is wrong with them.

import { closureWords, decoded } from "../shared/closures";
import { type Attributes, button, el } from "../shared/dom";
import { hasText, t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { groupOfKind, iconOf, label, specialGroups, taxonomy } from "../shared/taxonomy";
import type { Known, Service, Term } from "../shared/types";
import { closuresField, readClosures } from "./closure_fields";
import { type Draft, type FieldName, namesIn } from "./draft";
import { positionField, positionWords } from "./position_field";

const KNOWN: readonly Known[] = ["yes", "no", "unknown"];
const HOURS_EXAMPLES = [
  "console.hours_example_1",
  "console.hours_example_2",
  "console.hours_example_3",
];
const LIMITS: Readonly<Record<string, number>> = {
  name: 200,
  aliases: 4000,
  address: 1000,
  phone: 50,
  hours_text: 1000,
  notes: 1000,
  way_in: 1000,
};

/** All fields of the form, filled from `draft`. `kinds` decides which services are unfolded. */
export function formFields(draft: Draft, kinds: readonly string[]): HTMLElement[] {
  return [
    section("hours", hoursField(draft.hours_text), closuresField(draft.closures)),
    section("status", choice("status", taxonomy().status, draft.status)),
    section("services", ...serviceGroups(draft, kinds)),
    section("access", choice("access", taxonomy().access, draft.access), entryField(draft.entry)),
    section(
      "about",
      textField("name", draft.name, { required: true }),
      textField("aliases", draft.aliases.join(t("common.list_separator")), {
        placeholder: t("console.aliases_example"),
      }),
      textField("address", draft.address),
      textField("way_in", draft.way_in, { placeholder: t("console.way_in_example") }),
      textField("phone", draft.phone, { type: "tel", inputmode: "tel" }),
      textField("notes", draft.notes, {}, true),
    ),
    section("position", positionField(draft.position)),
  ];
}

/** The draft as the form now stands. */
export function readForm(form: HTMLFormElement, start: Draft): Draft {
  const data = new FormData(form);
  const text = (name: string): string => String(data.get(name) ?? "").trim();
  const services: Record<string, Known> = {};
  for (const code of Object.keys(start.services)) {
    services[code] =
      (data.get(`services.${code}`) as Known | null) ?? start.services[code] ?? "unknown";
  }
  return {
    name: text("name"),
    // What nobody touched stays as it is, whatever marks stand in a name.
    aliases:
      text("aliases") === start.aliases.join(t("common.list_separator")).trim()
        ? start.aliases
        : namesIn(text("aliases")),
    address: text("address"),
    phone: text("phone"),
    hours_text: text("hours_text"),
    status: text("status") || start.status,
    access: text("access") || start.access,
    entry: data.getAll("entry").map(String).sort(),
    services,
    notes: text("notes"),
    way_in: text("way_in"),
    closures: readClosures(form),
    position: text("position"),
  };
}

/** Show what the service said is wrong at its field; whether there is such a field. */
export function showFieldProblem(
  form: HTMLFormElement,
  field: string,
  words: string,
  at: HTMLElement | null = null,
): boolean {
  // One closure of several is named closures.2.reason; their problems stand under all of them.
  const name = /^closures\b/.test(field) ? "closures" : field;
  const place = form.querySelector<HTMLElement>(`[data-problem="${name.replace(/[^\w.]/g, "")}"]`);
  if (!place) return false;
  place.textContent = words;
  const first = place
    .closest(".field")
    ?.querySelector<HTMLElement>("input:not([type=hidden]), textarea");
  (at ?? first)?.setAttribute("aria-invalid", "true");
  return true;
}

/** Forget earlier problems. */
export function clearFieldProblems(form: HTMLFormElement): void {
  for (const place of form.querySelectorAll<HTMLElement>("[data-problem]")) place.textContent = "";
  for (const control of form.querySelectorAll("[aria-invalid]"))
    control.removeAttribute("aria-invalid");
}

/** What people read for a field. */
export function fieldLabel(field: FieldName): string {
  return field.startsWith("services.")
    ? label("service", field.slice("services.".length))
    : t(`console.field_${field}`);
}

/** What people read for a field's value. */
export function valueWords(field: FieldName, value: string | string[]): string {
  if (field === "closures" && Array.isArray(value)) {
    return value.map((text) => closureWords(decoded(text))).join("\n") || t("console.empty");
  }
  if (field === "position") return positionWords(String(value));
  if (Array.isArray(value)) {
    const words = field === "aliases" ? value : value.map((code) => label("entry", code));
    const entries = words.join(t("common.list_separator"));
    return entries || t("console.empty");
  }
  if (field === "status" || field === "access") return label(field, value);
  if (field.startsWith("services.")) return t(`console.known_${value}`);
  return value || t("console.empty");
}

function section(name: string, ...children: (Node | null)[]): HTMLElement {
  return el(
    "section",
    { class: "panel", "aria-labelledby": `section-${name}` },
    el("h2", { id: `section-${name}` }, t(`console.section_${name}`)),
    ...children,
  );
}

function textField(
  name: string,
  value: string,
  attributes: Attributes = {},
  long = false,
): HTMLElement {
  const shared = {
    id: `field-${name}`,
    name,
    maxlength: LIMITS[name],
    autocomplete: "off",
    "aria-describedby": `problem-${name}`,
    ...attributes,
  };
  const control = long
    ? el("textarea", { ...shared, rows: 3 })
    : el("input", { type: "text", ...shared });
  control.value = value;
  return el(
    "div",
    { class: "field" },
    el("label", { for: `field-${name}` }, t(`console.field_${name}`)),
    control,
    problemPlace(name),
  );
}

function hoursField(value: string): HTMLElement {
  const control = el("textarea", {
    id: "field-hours_text",
    name: "hours_text",
    rows: 2,
    maxlength: LIMITS.hours_text,
    "aria-describedby": "hours-preview problem-hours_text",
  });
  control.value = value;
  const examples = HOURS_EXAMPLES.map((key) =>
    button(
      t(key),
      () => {
        control.value = t(key);
        control.dispatchEvent(new Event("input", { bubbles: true }));
        control.focus();
      },
      { class: "chip" },
    ),
  );
  return el(
    "div",
    { class: "field" },
    el("label", { for: "field-hours_text" }, t("console.field_hours_text")),
    control,
    problemPlace("hours_text"),
    el("p", { id: "hours-preview", class: "preview", "aria-live": "polite" }),
    el("p", { class: "hint" }, t("console.hours_examples")),
    el("div", { class: "chips chips-wrap" }, ...examples),
  );
}

function choice(name: "status" | "access", terms: readonly Term[], value: string): HTMLElement {
  return el(
    "fieldset",
    { class: "field" },
    el("legend", {}, t(`console.field_${name}`)),
    ...terms.map((term) =>
      el(
        "label",
        { class: "choice" },
        el("input", { type: "radio", name, value: term.code, checked: term.code === value }),
        el("span", {}, label(name, term.code), hintOf(name, term.code)),
      ),
    ),
    problemPlace(name),
  );
}

function hintOf(name: "status" | "access", code: string): HTMLElement | null {
  const key = `console.${name}_hint_${code}`;
  return hasText(key) ? el("span", { class: "choice-hint" }, t(key)) : null;
}

function entryField(value: readonly string[]): HTMLElement {
  return el(
    "fieldset",
    { class: "field" },
    el("legend", {}, t("console.field_entry")),
    ...taxonomy().entry.map((term) =>
      el(
        "label",
        { class: "choice" },
        el("input", {
          type: "checkbox",
          name: "entry",
          value: term.code,
          checked: value.includes(term.code),
        }),
        el("span", {}, label("entry", term.code)),
      ),
    ),
    problemPlace("entry"),
  );
}

function serviceGroups(draft: Draft, kinds: readonly string[]): HTMLElement[] {
  const wanted = kinds.map(groupOfKind);
  const special = specialGroups();
  const groups = taxonomy()
    .service_group.map(({ code: facet }) => {
      const services = taxonomy().service.filter((service) => service.facet === facet);
      const known = services.some(({ code }) => draft.services[code] !== "unknown");
      const folded = special.has(facet) && !wanted.includes(facet) && !known;
      return { facet, services, folded };
    })
    .filter(({ services }) => services.length > 0);
  return [
    el("p", { class: "hint" }, t("console.services_hint")),
    el("p", { class: "field-problem", "data-problem": "services" }),
    ...groups.map(({ facet, services, folded }) => {
      const rows = services.map((service) =>
        serviceRow(service, draft.services[service.code] ?? "unknown"),
      );
      const title = label("service_group", facet);
      return folded
        ? el(
            "details",
            { class: "fold" },
            el("summary", {}, icon("chevron"), el("span", {}, title)),
            ...rows,
          )
        : el("div", { class: "service-group" }, el("h3", {}, title), ...rows);
    }),
  ];
}

function serviceRow(service: Service, known: Known): HTMLElement {
  const name = `services.${service.code}`;
  return el(
    "fieldset",
    { class: "service-row field" },
    el(
      "legend",
      {},
      icon(iconOf("service", service.code)),
      el("span", {}, label("service", service.code)),
    ),
    el(
      "div",
      { class: "three" },
      ...KNOWN.map((answer) =>
        el(
          "label",
          { class: `three-way three-${answer}` },
          el("input", { type: "radio", name, value: answer, checked: answer === known }),
          el("span", {}, t(`console.known_${answer}`)),
        ),
      ),
    ),
    problemPlace(name),
  );
}

function problemPlace(name: string): HTMLElement {
  return el("p", { class: "field-problem", id: `problem-${name}`, "data-problem": name });
}
