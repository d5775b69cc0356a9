// My stations: found by a word, a page at a time.

import { queryString, sentence } from "../shared/api";
import { areaName } from "../shared/area_names";
import { button, byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { openWords } from "../shared/open_state";
import { askAsAccount } from "../shared/session";
import { kindLabel } from "../shared/taxonomy";
import type { Collection, Listing, ListingProperties } from "../shared/types";
import { daysAgoWords } from "../shared/units";

const PAGE_SIZE = 20;

let words = "";
let unplaced = false;
let asked = 0;

/** Let the search field search. */
export function setUpList(): void {
  byId<HTMLFormElement>("search").addEventListener("submit", (event) => {
    event.preventDefault();
    words = byId<HTMLInputElement>("search-text").value.trim();
    void loadList();
  });
  const only = byId("only-unplaced");
  only.addEventListener("click", () => {
    unplaced = !unplaced;
    only.setAttribute("aria-pressed", String(unplaced));
    void loadList();
  });
}

/** Load the first page of my stations. */
export async function loadList(): Promise<void> {
  byId("list-status").textContent = t("console.loading");
  const query = { q: words, unplaced: unplaced ? "true" : null, limit: PAGE_SIZE };
  await loadPage(`/v1/my/stations?${queryString(query)}`, false);
}

async function loadPage(path: string, append: boolean): Promise<void> {
  asked += 1;
  const ours = asked;
  const list = byId("listings");
  try {
    const { body } = await askAsAccount<Collection<ListingProperties>>(path);
    if (ours !== asked) return;
    const rows = body.features.map(row);
    if (append) {
      list.append(...rows);
      rows[0]?.querySelector("a")?.focus();
    } else fillWith(list, ...rows);
    showCount(body.numberMatched, list.children.length);
    const { next } = body;
    fillWith(
      byId("list-more"),
      next
        ? button(t("console.more"), () => void loadPage(next, true), {
            class: "button button-wide",
          })
        : null,
    );
  } catch (error) {
    if (ours !== asked) return;
    byId("list-status").textContent = sentence(error);
    fillWith(
      byId("list-more"),
      button(t("common.retry"), () => void loadPage(path, append)),
    );
  }
}

function showCount(matched: number | null, shown: number): void {
  const none = words
    ? t("console.none_found", { words })
    : t(unplaced ? "console.none_unplaced" : "console.none");
  byId("list-status").textContent =
    shown === 0 ? none : t("console.count", { shown, count: matched ?? shown });
}

function row(listing: Listing): HTMLElement {
  const facts = listing.properties;
  const {
    tone,
    iconName,
    words: state,
  } = facts.status === "active"
    ? { ...openWords(facts.open, facts.status), words: nowWords(facts) }
    : openWords(facts.open, facts.status);
  const about = [kindLabel(facts.kind), areaName(facts.area), facts.code]
    .filter(Boolean)
    .join(" · ");
  return el(
    "li",
    {},
    el(
      "a",
      { class: "listing", href: `#${encodeURIComponent(listing.id)}` },
      el("span", { class: "listing-name" }, facts.name),
      el("span", { class: "listing-about" }, about),
      el(
        "span",
        { class: "listing-state" },
        el("span", { class: `open open-${tone}` }, icon(iconName), el("span", {}, state)),
        listing.geometry === null &&
          el("span", { class: "tag" }, icon("pin"), t("console.unplaced")),
        el("span", { class: "listing-checked" }, checkedWords(facts)),
      ),
    ),
  );
}

/** The list says how things are now: nobody is on the way. */
export function nowWords(facts: Pick<ListingProperties, "open">): string {
  const { closed_for: reason } = facts.open;
  if (reason) return t("open.closed_for", { reason });
  return t(`console.now_${facts.open.state}`);
}

function checkedWords(facts: ListingProperties): string {
  const latest = Object.values(facts.checked).sort().pop();
  return latest
    ? t("console.checked_ago", { ago: daysAgoWords(latest) })
    : t("console.never_checked");
}
