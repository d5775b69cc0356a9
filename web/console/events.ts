// Events at my stations: what is coming, a new one, and one that is called off.

import { Problem, sentence } from "../shared/api";
import { button, byId, closeDialog, el, fillWith, openDialog } from "../shared/dom";
import { eventWhen } from "../shared/event_words";
import { t } from "../shared/i18n";
import { askAsAccount } from "../shared/session";
import { label } from "../shared/taxonomy";
import type { Collection, EventProperties, Feature } from "../shared/types";
import { eventForm } from "./event_form";

type Event = Feature<EventProperties>;

/** Show the events, and the form for a new one. */
export function showEventList(place: HTMLElement): void {
  fillWith(
    place,
    el("div", { id: "events-status", role: "status" }),
    el("ol", { class: "listings", id: "event-list" }),
    el("div", { id: "events-more" }),
    eventForm(async (body) => {
      await askAsAccount("/v1/events", { method: "POST", body });
      await load();
      say(t("event.added"), "notice-good");
    }),
    cancelDialog(),
  );
  void load();
}

async function load(path = "/v1/my/events?limit=50", append = false): Promise<void> {
  try {
    const { body } = await askAsAccount<Collection<EventProperties>>(path);
    const rows = body.features.map(row);
    if (append) byId("event-list").append(...rows);
    else fillWith(byId("event-list"), ...rows);
    const next = body.next ?? null;
    fillWith(
      byId("events-more"),
      next !== null && button(t("console.more"), () => void load(next, true), {}),
    );
    const none = byId("event-list").children.length === 0;
    fillWith(byId("events-status"), none && el("p", {}, t("event.none")));
  } catch (error) {
    say(sentence(error), "notice-error");
  }
}

function row(event: Event): HTMLElement {
  const facts = event.properties;
  const about = [label("event_kind", facts.kind), facts.station?.name ?? facts.address, facts.code];
  const live = facts.state === "upcoming" || facts.state === "running";
  return el(
    "li",
    { class: "listing event-listing", "data-event": event.id },
    el("span", { class: "listing-name" }, facts.title),
    el("span", { class: "listing-about" }, about.filter(Boolean).join(" · ")),
    el(
      "span",
      { class: "listing-state" },
      el(
        "span",
        { class: `open ${live ? "open-good" : "open-unsure"}` },
        el("span", {}, t(`event.state_${facts.state}`)),
      ),
      el("span", {}, eventWhen(facts.starts_at, facts.ends_at)),
      live &&
        button(t("event.cancel"), () => confirmCancel(event), {
          class: "button button-small",
          "aria-label": t("event.cancel_this", { title: facts.title }),
        }),
    ),
  );
}

function cancelDialog(): HTMLElement {
  return el(
    "dialog",
    { class: "dialog", id: "cancel-dialog", "aria-labelledby": "cancel-heading" },
    el("h2", { id: "cancel-heading" }, t("event.cancel_heading")),
    el("p", { id: "cancel-words" }),
    el("div", { class: "dialog-buttons", id: "cancel-buttons" }),
  );
}

function confirmCancel(event: Event): void {
  const dialog = byId<HTMLDialogElement>("cancel-dialog");
  byId("cancel-words").textContent = t("event.cancel_hint", { title: event.properties.title });
  fillWith(
    byId("cancel-buttons"),
    button(t("event.cancel_keep"), () => closeDialog(dialog), { class: "button button-primary" }),
    button(t("event.cancel_go"), () => {
      closeDialog(dialog);
      void cancel(event);
    }),
  );
  openDialog(dialog);
}

async function cancel(event: Event): Promise<void> {
  try {
    await askAsAccount(`/v1/events/${encodeURIComponent(event.id)}`, {
      method: "DELETE",
      headers: { "If-Match": `"${event.properties.version}"` },
    });
    await load();
    say(t("event.cancelled"), "notice-good");
  } catch (error) {
    const stale = error instanceof Problem && error.status === 412;
    if (stale) await load();
    say(stale ? t("event.stale") : sentence(error), "notice-error");
  }
}

function say(words: string, tone: string): void {
  const notice = el("p", { class: `notice ${tone}` }, words);
  fillWith(byId("events-status"), notice);
  notice.scrollIntoView({ block: "center" });
}
