// The managers' console: log in, my stations, one listing.

import "../shared/style.css";
import "./style.css";
import { sentence } from "../shared/api";
import { loadAreaNames } from "../shared/area_names";
import { byId, closeDialog, fillWith, openDialog } from "../shared/dom";
import { t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { keepPlaceOnLanguageSwitch } from "../shared/page";
import { loadTaxonomy } from "../shared/taxonomy";
import type { Account } from "../shared/types";
import { discard, isUnsaved, openCode, openForm } from "./form";
import { loadList, setUpList } from "./list";
import { logInForm, logOut, readSession } from "./session";

const VIEWS = ["login-view", "list-view", "form-view"] as const;

let loggedIn = false;
let listIsFresh = false;

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
    const [account] = await Promise.all([readSession(), loadTaxonomy(), loadAreaNames()]);
    byId("console-status").textContent = "";
    if (account) enter(account);
    else showLogIn();
  } catch (error) {
    byId("console-status").textContent = sentence(error);
  }
}

function showLogIn(): void {
  loggedIn = false;
  show("login-view");
  logInForm(byId("login-place"), "login", enter);
}

function enter(account: Account): void {
  loggedIn = true;
  fillWith(byId("login-place"));
  const scope = account.scope.map((one) => one.name).join(t("common.list_separator"));
  for (const place of document.querySelectorAll(".account-name")) {
    const told = !scope || account.name.includes(scope);
    place.textContent = told ? account.name : t("console.who", { name: account.name, scope });
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

/** Show what the address asks for: one listing after `#`, else the list. */
async function showAddress(): Promise<void> {
  const code = addressCode();
  if (code) {
    show("form-view");
    await openForm(code);
    listIsFresh = false;
    return;
  }
  discard();
  show("list-view");
  window.scrollTo(0, 0);
  if (!listIsFresh) {
    listIsFresh = true;
    await loadList();
  }
}

function onAddress(): void {
  if (!loggedIn || addressCode() === openCode()) return;
  const wanted = location.hash;
  if (!isUnsaved()) {
    void showAddress();
    return;
  }
  history.replaceState(null, "", `#${encodeURIComponent(openCode() ?? "")}`);
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

function addressCode(): string | null {
  const code = decodeURIComponent(location.hash.slice(1));
  return /^[A-Z]{2,4}-[A-Z]{2}-\d{4,}$/.test(code) ? code : null;
}

function show(view: (typeof VIEWS)[number]): void {
  for (const one of VIEWS) byId(one).hidden = one !== view;
  document.body.classList.toggle("editing", view === "form-view");
}

void start();
