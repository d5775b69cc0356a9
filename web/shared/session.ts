// Who is logged in, and asking as them: when the session has ended, log in again and go on.

import { type Ask, ask, Problem, type Reply, sentence } from "./api";
import { byId, closeDialog, el, fillWith, openDialog } from "./dom";
import { t } from "./i18n";
import type { Account, Session } from "./types";

let current: Session = { account: null, csrf_token: null };

/** Ask who is logged in. */
export async function readSession(): Promise<Account | null> {
  current = (await ask<Session>("/v1/session")).body;
  return current.account;
}

/** Log out here and at the service. */
export async function logOut(): Promise<void> {
  await ask("/v1/session", { method: "DELETE", headers: csrfHeader() });
  current = { account: null, csrf_token: null };
}

/**
 * Ask as the account. When the session has ended a dialog asks to log in again, and the same is
 * asked once more; nothing on the page is lost.
 */
export async function askAsAccount<Body>(path: string, options: Ask = {}): Promise<Reply<Body>> {
  try {
    return await ask<Body>(path, withCsrf(options));
  } catch (error) {
    if (!(error instanceof Problem) || ![401, 403].includes(error.status)) throw error;
    if (error.status === 401) current = { account: null, csrf_token: null };
    else if (!(await isOutOfDate())) throw error;
    if (!current.account) await logInAgain();
    return ask<Body>(path, withCsrf(options));
  }
}

/** Put a log-in form into `place`; `done` is called with the account. */
export function logInForm(
  place: HTMLElement,
  prefix: string,
  done: (account: Account) => void,
): void {
  const login = input(prefix, "login", "username", "text");
  const password = input(prefix, "password", "current-password", "password");
  const refusal = el("div", { role: "alert" });
  const submit = el(
    "button",
    { type: "submit", class: "button button-primary button-large" },
    t("session.log_in"),
  );
  const form = el(
    "form",
    { class: "login-form", novalidate: true, method: "post" },
    refusal,
    field(login, t("session.login")),
    field(password, t("session.password")),
    submit,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt();
  });
  fillWith(place, form);
  login.focus();

  async function attempt(): Promise<void> {
    fillWith(refusal);
    const gaps = [
      missing(login, t("session.login_missing")),
      missing(password, t("session.password_missing")),
    ];
    if (gaps.includes(true)) {
      (gaps[0] ? login : password).focus();
      return;
    }
    submit.disabled = true;
    try {
      const body = { login: login.value.trim(), password: password.value };
      current = (await ask<Session>("/v1/session", { method: "POST", body })).body;
      if (current.account) done(current.account);
    } catch (error) {
      fillWith(refusal, el("p", { class: "notice notice-error" }, sentence(error)));
      password.value = "";
      password.focus();
    } finally {
      submit.disabled = false;
    }
  }
}

function logInAgain(): Promise<void> {
  const dialog = byId<HTMLDialogElement>("login-dialog");
  return new Promise((resolve, reject) => {
    const abandon = (): void => reject(new Problem(401));
    openDialog(dialog);
    dialog.addEventListener("cancel", abandon, { once: true });
    logInForm(byId("again-place"), "again", () => {
      dialog.removeEventListener("cancel", abandon);
      closeDialog(dialog);
      fillWith(byId("again-place"));
      resolve();
    });
  });
}

/** Whether the token was refused because another tab logged in or out since. */
async function isOutOfDate(): Promise<boolean> {
  const token = current.csrf_token;
  await readSession();
  return current.csrf_token !== token;
}

function withCsrf(options: Ask): Ask {
  const method = options.method ?? "GET";
  if (method === "GET") return options;
  return { ...options, headers: { ...options.headers, ...csrfHeader() } };
}

function csrfHeader(): Record<string, string> {
  return current.csrf_token ? { "X-CSRF-Token": current.csrf_token } : {};
}

function input(prefix: string, name: string, autocomplete: string, type: string): HTMLInputElement {
  return el("input", {
    id: `${prefix}-${name}`,
    name,
    type,
    autocomplete,
    required: true,
    autocapitalize: "none",
    spellcheck: "false",
    "aria-describedby": `${prefix}-${name}-problem`,
  });
}

function field(control: HTMLInputElement, words: string): HTMLElement {
  return el(
    "div",
    { class: "field" },
    el("label", { for: control.id }, words),
    control,
    el("p", { class: "field-problem", id: `${control.id}-problem` }),
  );
}

function missing(control: HTMLInputElement, words: string): boolean {
  const gap = control.value.trim() === "";
  control.setAttribute("aria-invalid", String(gap));
  byId(`${control.id}-problem`).textContent = gap ? words : "";
  return gap;
}
