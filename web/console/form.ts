// One listing, open for editing: save on the version that was read, and lose nothing that was typed.

import { ask, Problem, sentence } from "../shared/api";
import { areaName } from "../shared/area_names";
import { byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { askAsAccount } from "../shared/session";
import { kindLabel, taxonomy } from "../shared/taxonomy";
import type { HoursPreview, Listing } from "../shared/types";
import { closuresProblem, writeClosures } from "./closure_fields";
import { type ConflictPanel, conflictPanel } from "./conflict";
import { changedFields, type Draft, differences, draftOf, mergePatch } from "./draft";
import { clearFieldProblems, formFields, readForm, showFieldProblem } from "./fields";
import { hoursWords } from "./hours_words";
import { nowWords } from "./list";
import { writePosition } from "./position_field";
import { standardsPanel } from "./standards";

const PREVIEW_DELAY_MS = 400;
// What one visit to the place confirms.
const CHECKED_ON_VISIT = ["hours", "services", "status", "access", "address"];

interface Editing {
  code: string;
  etag: string;
  start: Draft;
  form: HTMLFormElement;
  conflict: { panel: ConflictPanel; theirs: Draft; etag: string } | null;
  saving: boolean;
}

let editing: Editing | null = null;

/** Load a listing and show its form. */
export async function openForm(code: string): Promise<void> {
  const place = byId("form-place");
  editing = null;
  fillWith(place, el("p", { role: "status" }, t("console.loading")));
  try {
    const { body, etag } = await askAsAccount<Listing>(`/v1/stations/${encodeURIComponent(code)}`);
    showForm(body, etag ?? `"${body.properties.version}"`);
  } catch (error) {
    fillWith(place, el("p", { class: "notice notice-error", role: "alert" }, sentence(error)));
  }
}

/** The code of the listing in the form. */
export function openCode(): string | null {
  return editing?.code ?? null;
}

/** Whether something was typed and not saved. */
export function isUnsaved(): boolean {
  return editing !== null && (unsavedCount(editing) > 0 || editing.conflict !== null);
}

/** Drop what was typed. */
export function discard(): void {
  editing = null;
  fillWith(byId("form-place"));
}

function showForm(listing: Listing, etag: string): void {
  const facts = listing.properties;
  const start = draftOf(
    facts,
    taxonomy().service.map((service) => service.code),
    listing.geometry,
  );
  const about = [kindLabel(facts.kind), areaName(facts.area), facts.code]
    .filter(Boolean)
    .join(" · ");
  const form = el("form", { class: "listing-form", novalidate: true, autocomplete: "off" });
  const fields = el("fieldset", { class: "all-fields", disabled: !facts.editable });
  fields.append(...formFields(start, [facts.kind, ...facts.also_kinds]), checkedField(), saveBar());
  form.append(fields);
  fillWith(
    byId("form-place"),
    el("h1", { id: "form-heading", tabindex: "-1" }, facts.name),
    el("p", { class: "hint" }, about),
    !facts.editable && el("p", { class: "notice notice-warning" }, t("console.not_editable")),
    !facts.public && el("p", { class: "notice" }, hiddenWords(listing)),
    el("div", { id: "form-message", "aria-live": "polite" }),
    form,
    standardsPanel(listing.id, facts.editable),
  );
  editing = { code: listing.id, etag, start, form, conflict: null, saving: false };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void save();
  });
  form.addEventListener("input", showUnsaved);
  form.addEventListener("change", showUnsaved);
  const hours = byId<HTMLTextAreaElement>("field-hours_text");
  hours.addEventListener("input", () => previewSoon(hours.value));
  void preview(hours.value);
  showUnsaved();
  byId("form-heading").focus({ preventScroll: true });
}

/** Why the public does not find this listing. */
function hiddenWords(listing: Listing): string {
  if (listing.geometry === null) return t("console.hidden_unplaced");
  const { status, access } = listing.properties;
  if (status === "planned" || status === "closed") return t("console.hidden_status");
  return t(access === "unknown" ? "console.hidden_access_unknown" : "console.hidden_access");
}

function checkedField(): HTMLElement {
  return el(
    "section",
    { class: "panel" },
    el(
      "label",
      { class: "choice" },
      el("input", { type: "checkbox", name: "checked_today", id: "checked-today" }),
      el(
        "span",
        {},
        t("console.checked_today"),
        el("span", { class: "choice-hint" }, t("console.checked_today_hint")),
      ),
    ),
  );
}

function saveBar(): HTMLElement {
  return el(
    "div",
    { class: "save-bar" },
    el("p", { id: "unsaved", role: "status" }),
    el("button", { type: "submit", class: "button button-primary", id: "save" }, t("console.save")),
  );
}

async function save(): Promise<void> {
  const now = editing;
  if (!now || now.saving) return;
  if (now.conflict) {
    now.conflict.panel.element.scrollIntoView();
    now.conflict.panel.element.focus();
    return;
  }
  const draft = readForm(now.form, now.start);
  clearFieldProblems(now.form);
  if (!draft.name) {
    refuse(
      now,
      new Problem(422, { errors: [{ field: "name", detail: t("console.name_missing") }] }),
    );
    return;
  }
  const closures = closuresProblem(now.form);
  if (closures) {
    showFieldProblem(now.form, "closures", closures.words, closures.control);
    say(t("console.fix_fields"), "notice-error", false);
    closures.control?.focus({ preventScroll: true });
    closures.control?.scrollIntoView({ block: "center" });
    return;
  }
  const patch = mergePatch(now.start, draft);
  if (byId<HTMLInputElement>("checked-today").checked) patch.checked = CHECKED_ON_VISIT;
  if (!Object.keys(patch).length) {
    say(t("console.nothing_changed"), "");
    return;
  }
  await send(now, patch);
}

async function send(now: Editing, patch: Record<string, unknown>): Promise<void> {
  now.saving = true;
  byId("save").setAttribute("aria-busy", "true");
  try {
    const { body, etag } = await askAsAccount<Listing>(
      `/v1/stations/${encodeURIComponent(now.code)}`,
      {
        method: "PATCH",
        body: patch,
        headers: { "Content-Type": "application/merge-patch+json", "If-Match": now.etag },
      },
    );
    if (editing !== now) return;
    showForm(body, etag ?? `"${body.properties.version}"`);
    say(t("console.saved"), "notice-good");
  } catch (error) {
    if (editing !== now) return;
    const current =
      error instanceof Problem && error.status === 412 ? error.body.current : undefined;
    if (current) showConflict(now, current);
    else refuse(now, error);
  } finally {
    now.saving = false;
    document.getElementById("save")?.removeAttribute("aria-busy");
  }
}

function showConflict(now: Editing, current: Listing): void {
  const mine = readForm(now.form, now.start);
  const theirs = draftOf(current.properties, Object.keys(now.start.services), current.geometry);
  const etag = `"${current.properties.version}"`;
  const found = differences(now.start, mine, theirs);
  if (!found.length) {
    now.start = theirs;
    now.etag = etag;
    showUnsaved();
    say(t("console.conflict_same"), "notice-good");
    return;
  }
  const panel = conflictPanel(theirs, found, () => void saveChoices(now));
  now.conflict = { panel, theirs, etag };
  fillWith(byId("form-message"), panel.element);
  panel.element.scrollIntoView();
  panel.element.focus();
}

async function saveChoices(now: Editing): Promise<void> {
  if (!now.conflict || now.saving) return;
  const { panel, theirs, etag } = now.conflict;
  const merged = panel.merged();
  now.conflict = null;
  now.start = theirs;
  now.etag = etag;
  writeForm(now, merged);
  if (changedFields(theirs, merged).length || byId<HTMLInputElement>("checked-today").checked) {
    fillWith(byId("form-message"));
    await save();
    return;
  }
  showUnsaved();
  say(t("console.took_theirs"), "notice-good");
}

/** Show a draft in the fields that are there, without taking "checked today" away. */
function writeForm(now: Editing, draft: Draft): void {
  const values: Record<string, string | string[]> = { ...draft, services: "" };
  writeClosures(now.form, draft.closures);
  writePosition(now.form, draft.position);
  for (const [code, known] of Object.entries(draft.services)) values[`services.${code}`] = known;
  for (const control of now.form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>(
    "[name]",
  )) {
    const value = values[control.name];
    if (value === undefined) continue;
    if (control.type === "radio") (control as HTMLInputElement).checked = control.value === value;
    else if (control.type === "checkbox") {
      (control as HTMLInputElement).checked = value.includes(control.value);
    } else control.value = String(value);
  }
  void preview(draft.hours_text);
}

function refuse(now: Editing, error: unknown): void {
  const body = error instanceof Problem ? error.body : {};
  const found = body.errors?.length
    ? body.errors
    : body.field
      ? [{ field: body.field, detail: body.detail ?? sentence(error) }]
      : [];
  const shown = found.filter(({ field, detail }) => showFieldProblem(now.form, field, detail));
  say(shown.length ? t("console.fix_fields") : sentence(error), "notice-error", !shown.length);
  const first = now.form.querySelector<HTMLElement>("[aria-invalid]");
  if (first) {
    first.closest("details")?.setAttribute("open", "");
    first.focus({ preventScroll: true });
    first.scrollIntoView({ block: "center" });
  }
}

function say(words: string, tone: string, scroll = true): void {
  const message = el("p", { class: `notice ${tone}` }, words);
  fillWith(byId("form-message"), message);
  if (scroll) message.scrollIntoView({ block: "center" });
}

function unsavedCount(now: Editing): number {
  return changedFields(now.start, readForm(now.form, now.start)).length;
}

function showUnsaved(): void {
  const place = document.getElementById("unsaved");
  if (!editing || !place) return;
  const count = unsavedCount(editing);
  const words = count ? t("console.unsaved", { count }) : t("console.all_saved");
  if (place.textContent !== words) place.textContent = words;
}

let previewTimer = 0;
let previewAsked = 0;

function previewSoon(text: string): void {
  window.clearTimeout(previewTimer);
  previewTimer = window.setTimeout(() => void preview(text), PREVIEW_DELAY_MS);
}

async function preview(text: string): Promise<void> {
  previewAsked += 1;
  const ours = previewAsked;
  if (!text.trim()) {
    showPreview(t("console.hours_empty"), false);
    return;
  }
  try {
    const { body } = await ask<HoursPreview>("/v1/hours/preview", {
      method: "POST",
      body: { hours_text: text.trim() },
    });
    if (ours !== previewAsked) return;
    if (!body.understood || !body.hours) {
      showPreview(t("console.hours_not_understood"), false);
      return;
    }
    const now = body.open ? nowWords({ open: body.open }) : "";
    showPreview(
      t("console.hours_understood", { hours: hoursWords(body.hours) ?? body.hours, now }),
      true,
    );
  } catch (error) {
    if (ours === previewAsked) showPreview(sentence(error), false);
  }
}

function showPreview(words: string, good: boolean): void {
  const place = document.getElementById("hours-preview");
  if (!place) return;
  place.textContent = words;
  place.className = good ? "preview preview-good" : "preview preview-unsure";
}
