// The imports so far, the latest first; one that was a mistake can be taken back as a whole.

import { sentence } from "../shared/api";
import { button, byId, closeDialog, el, fillWith, openDialog } from "../shared/dom";
import { t } from "../shared/i18n";
import { askAsAccount } from "../shared/session";
import { totalsWords } from "./import_preview";
import type { PastImport } from "./import_types";

const PATIENCE_MS = 300_000;

/** The place for the list. */
export function pastImports(): HTMLElement {
  return el(
    "section",
    { class: "panel", "aria-labelledby": "past-heading" },
    el("h2", { id: "past-heading" }, t("import.past_heading")),
    el("div", { id: "past-status", role: "status" }),
    el("ul", { class: "past-imports", id: "past-imports" }),
    el("div", { id: "past-more" }),
    undoDialog(),
  );
}

/** Load the list. */
export async function loadPast(path = "/v1/imports", append = false): Promise<void> {
  const status = byId("past-status");
  try {
    const { body } = await askAsAccount<{ imports: PastImport[]; next: string | null }>(path);
    const list = byId("past-imports");
    if (append) list.append(...body.imports.map(pastRow));
    else fillWith(list, ...body.imports.map(pastRow));
    fillWith(status, list.children.length ? null : el("p", {}, t("import.past_none")));
    const { next } = body;
    fillWith(
      byId("past-more"),
      next !== null && button(t("console.more"), () => void loadPast(next, true), {}),
    );
  } catch (error) {
    fillWith(status, el("p", { class: "notice notice-error" }, sentence(error)));
  }
}

function pastRow(past: PastImport): HTMLElement {
  const undone = past.undone_at !== null;
  const about = [dayTime(past.at), past.by, past.source].filter(Boolean).join(" · ");
  return el(
    "li",
    { class: undone ? "past past-undone" : "past", "data-import": past.id },
    el("strong", {}, fileName(past)),
    el("span", { class: "hint" }, about),
    el("span", {}, totalsWords(past.totals)),
    undone
      ? el("span", { class: "tag" }, t("import.undone", { when: dayTime(past.undone_at ?? "") }))
      : button(
          t("import.undo"),
          () => confirmUndo(past),
          {
            class: "button button-small",
            "aria-label": t("import.undo_of", { file: fileName(past) }),
          },
          "undo",
        ),
  );
}

function fileName(past: PastImport): string {
  return past.file_name || t("import.no_file");
}

function undoDialog(): HTMLElement {
  return el(
    "dialog",
    { class: "dialog", id: "undo-dialog", "aria-labelledby": "undo-heading" },
    el("h2", { id: "undo-heading" }, t("import.undo_heading")),
    el("p", { id: "undo-words" }),
    el("div", { class: "dialog-buttons", id: "undo-buttons" }),
  );
}

function confirmUndo(past: PastImport): void {
  const dialog = byId<HTMLDialogElement>("undo-dialog");
  byId("undo-words").textContent = t("import.undo_hint", {
    file: fileName(past),
    added: past.totals.added ?? 0,
    changed: past.totals.changed ?? 0,
  });
  fillWith(
    byId("undo-buttons"),
    button(t("import.undo_keep"), () => closeDialog(dialog), { class: "button button-primary" }),
    button(t("import.undo_go"), () => {
      closeDialog(dialog);
      void undo(past);
    }),
  );
  openDialog(dialog);
}

async function undo(past: PastImport): Promise<void> {
  const status = byId("past-status");
  fillWith(
    status,
    el("progress", { "aria-label": t("import.undoing") }),
    el("span", {}, ` ${t("import.undoing")}`),
  );
  try {
    const { body } = await askAsAccount<Undone>(`/v1/imports/${past.id}/undo`, {
      method: "POST",
      timeoutMs: PATIENCE_MS,
    });
    await loadPast();
    fillWith(status, el("p", { class: "notice notice-good" }, undoneWords(past, body)));
  } catch (error) {
    fillWith(status, el("p", { class: "notice notice-error" }, sentence(error)));
  }
}

interface Undone {
  totals: { withdrawn: number; restored: number; kept: number };
}

function undoneWords(past: PastImport, { totals }: Undone): string {
  const { kept, withdrawn, restored } = totals;
  const done = t("import.undo_done", { file: fileName(past), withdrawn, restored });
  return kept > 0 ? `${done} ${t("import.undo_kept", { count: kept })}` : done;
}

function dayTime(instant: string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return instant;
  const parts: Intl.DateTimeFormatOptions = { dateStyle: "short", timeStyle: "short" };
  return new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone: "Asia/Shanghai" }).format(date);
}
