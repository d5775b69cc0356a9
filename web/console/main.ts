// The managers' console: log in, my stations, one listing.

import "../shared/style.css";
import "../shared/session.css";
import "./style.css";
import { sentence } from "../shared/api";
import { loadAreaNames } from "../shared/area_names";
import { byId, closeDialog, fillWith, openDialog } from "../shared/dom";
import { t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { keepPlaceOnLanguageSwitch } from "../shared/page";
import { logInForm, logOut, readSession } from "../shared/session";
import { loadTaxonomy } from "../shared/taxonomy";
import type { Account } from "../shared/types";
import { type Address, addressOf, hashOf, sectionsOf, VIEWS } from "./address";
import { discard, isUnsaved, openForm } from "./form";
import { loadList, setUpList } from "./list";

let account: Account | null = null;
let listIsFresh = false;
let shown: Address = { view: "list", code: null };

async function start(): Promise<void> {
  keepPlaceOnLanguageSwitch();
  byId("back-icon").append(icon("back"));
  setUpList();
  for (const control of document.querySelectorAll(".log-out")) {
    control.addEventListener("click", () => leaving(() => void leave()));
  }
  window.addEventListener("hashchange", onAddress);
  window.addEventListener("beforeunload", (event) => {
    if (!isUnsaved()) return;
    event.preventDefault();
    event.returnValue = "";
  });
  try {
    const [found] = await Promise.all([readSession(), loadTaxonomy(), loadAreaNames()]);
    byId("console-status").textContent = "";
    if (found) enter(found);
    else showLogIn();
  } catch (error) {
    byId("console-status").textContent = sentence(error);
  }
}

function showLogIn(): void {
  account = null;
  show("login");
  logInForm(byId("login-place"), "login", enter);
}

function enter(found: Account): void {
  account = found;
  fillWith(byId("login-place"));
  const scope = found.scope.map((one) => one.name).join(t("common.list_separator"));
  for (const place of document.querySelectorAll(".account-name")) {
    const told = !scope || found.name.includes(scope);
    place.textContent = told ? found.name : t("console.who", { name: found.name, scope });
  }
  const sections = sectionsOf(found.role);
  for (const link of document.querySelectorAll<HTMLElement>("[data-section]")) {
    link.hidden = !sections.includes(link.dataset.section as (typeof sections)[number]);
  }
  listIsFresh = false;
  void showAddress();
}

async function leave(): Promise<void> {
  discard();
  try {
    await logOut();
  } catch (error) {
    byId("console-status").textContent = sentence(error);
    return;
  }
  history.replaceState(null, "", location.pathname);
  showLogIn();
}

/** Show what the address asks for: one listing after `#`, a section, else the list. */
async function showAddress(): Promise<void> {
  if (!account) return;
  shown = addressOf(location.hash, account.role);
  if (shown.code !== null) {
    show("form");
    await openForm(shown.code);
    listIsFresh = false;
    return;
  }
  discard();
  show(shown.view);
  window.scrollTo(0, 0);
  if (shown.view === "imports") {
    (await import("./imports")).showImports(byId("imports-place"));
    listIsFresh = false;
  } else if (shown.view === "calendar") {
    (await import("./calendar")).showCalendar(byId("calendar-place"));
  } else if (shown.view === "events") {
    (await import("./events")).showEventList(byId("events-place"));
  } else if (!listIsFresh) {
    listIsFresh = true;
    await loadList();
  }
}

function onAddress(): void {
  if (!account || hashOf(addressOf(location.hash, account.role)) === hashOf(shown)) return;
  const wanted = location.hash;
  if (!isUnsaved()) {
    void showAddress();
    return;
  }
  history.replaceState(null, "", hashOf(shown));
  leaving(() => {
    discard();
    history.replaceState(null, "", `${location.pathname}${wanted}`);
    void showAddress();
  });
}

/** Do it at once, or after asking where something typed would be lost. */
function leaving(go: () => void): void {
  if (!isUnsaved()) {
    go();
    return;
  }
  const dialog = byId<HTMLDialogElement>("leave-dialog");
  byId("leave-stay").onclick = () => closeDialog(dialog);
  byId("leave-go").onclick = () => {
    closeDialog(dialog);
    go();
  };
  openDialog(dialog);
}

function show(view: (typeof VIEWS)[number]): void {
  for (const one of VIEWS) byId(`${one}-view`).hidden = one !== view;
  byId("sections").hidden = view === "login" || view === "form";
  for (const link of document.querySelectorAll<HTMLElement>("[data-section]")) {
    if (link.dataset.section === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.body.classList.toggle("editing", view === "form");
}

void start();
