// Imports: choose a file, see what would happen, correct columns, apply, and take one back.

import { Problem, sentence } from "../shared/api";
import { button, byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { askAsAccount } from "../shared/session";
import { kindLabel, taxonomy } from "../shared/taxonomy";
import type { Source } from "../shared/types";
import { importForm, saveBlob } from "./import_file";
import { loadPast, pastImports } from "./import_past";
import { columnsPanel, previewPanel, totalsWords } from "./import_preview";
import {
  type ImportAnswer,
  type ImportColumn,
  type Mapping,
  mappingOf,
  TOTALS,
  type Totals,
  writesSomething,
} from "./import_types";

// 20,000 rows take half a minute on a good day.
const PATIENCE_MS = 300_000;
const TICK_MS = 1000;
const DATUMS = ["gcj02", "wgs84", "bd09"] as const;

const NO_REPORT: ImportAnswer["report"] = {
  totals: Object.fromEntries(TOTALS.map((name) => [name, 0])) as unknown as Totals,
  numberMatched: 0,
  lines: [],
};

let preview: ImportAnswer | null = null;
let chosen: Mapping = {};
let isBusy = false;

/** Show the form, and the imports so far. */
export function showImports(place: HTMLElement): void {
  preview = null;
  chosen = {};
  isBusy = false;
  fillWith(place, fileForm(), el("div", { id: "import-result" }), pastImports());
  void loadSources();
  void loadPast();
}

function fileForm(): HTMLElement {
  const form = el(
    "form",
    { class: "panel import-form", id: "import-form", novalidate: true, autocomplete: "off" },
    el("h2", {}, t("import.choose_heading")),
    el("p", { class: "hint" }, t("import.choose_hint")),
    field(
      "file",
      el("input", {
        type: "file",
        name: "file",
        accept: ".xlsx,.xls,.csv,.txt,.tsv,.geojson,.json",
      }),
    ),
    field(
      "datum",
      el(
        "select",
        { name: "datum" },
        el("option", { value: "" }, t("import.datum_none")),
        ...DATUMS.map((code) => el("option", { value: code }, t(`console.datum_${code}`))),
      ),
    ),
    field(
      "kind",
      el(
        "select",
        { name: "kind" },
        el("option", { value: "" }, t("import.kind_in_file")),
        ...taxonomy().kind.map(({ code }) => el("option", { value: code }, kindLabel(code))),
      ),
    ),
    field(
      "source",
      el("input", {
        type: "text",
        name: "source",
        list: "import-sources",
        maxlength: 100,
        placeholder: t("import.source_example"),
      }),
    ),
    el("datalist", { id: "import-sources" }),
    el(
      "details",
      { class: "fold" },
      el("summary", {}, icon("chevron"), el("span", {}, t("import.more_options"))),
      field("sheet", el("input", { type: "text", name: "sheet", maxlength: 100 })),
      flag("accept_duplicates"),
      flag("outside"),
    ),
    el("div", { id: "import-problem", role: "alert" }),
    el(
      "button",
      { type: "submit", class: "button button-primary button-large" },
      t("import.preview"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void ask(form);
  });
  // Another file or another datum is another question: the old answer would mislead.
  form.addEventListener("input", () => {
    if (preview) forget();
  });
  return form;
}

function field(name: string, control: HTMLElement): HTMLElement {
  control.id = `import-${name}`;
  const hint = `import.hint_${name}`;
  return el(
    "div",
    { class: "field" },
    el("label", { for: control.id }, t(`import.form_${name}`)),
    control,
    name === "file" ? null : el("p", { class: "hint" }, t(hint)),
  );
}

function flag(name: "accept_duplicates" | "outside"): HTMLElement {
  return el(
    "label",
    { class: "choice" },
    el("input", { type: "checkbox", name, value: "true" }),
    el(
      "span",
      {},
      t(`import.flag_${name}`),
      el("span", { class: "choice-hint" }, t(`import.hint_${name}`)),
    ),
  );
}

async function loadSources(): Promise<void> {
  try {
    const { body } = await askAsAccount<{ sources: Source[] }>("/v1/sources");
    const names = body.sources.map(({ name }) => el("option", { value: name }));
    document.getElementById("import-sources")?.append(...names);
  } catch {
    // The field takes any name; the list is only a help.
  }
}

function forget(): void {
  preview = null;
  chosen = {};
  fillWith(byId("import-result"));
}

/** Ask what would happen with the columns as they are now chosen. */
async function ask(form: HTMLFormElement): Promise<void> {
  const gap = importForm(form).gap;
  if (gap) {
    problem(t(gap.key));
    gap.control.focus();
    return;
  }
  const mapping = preview ? mappingOf(preview.columns, chosen) : {};
  const guessed = preview;
  const answer = await send<ImportAnswer>(
    form,
    "/v1/imports/preview",
    mapping,
    "import.reading",
    (columns) => showColumns(form, guessed?.columns ?? columns),
  );
  if (!answer) return;
  // A corrected column stays marked as corrected, and can be put back to the guess.
  preview = guessed ? { ...answer, columns: guessed.columns } : answer;
  showPreview(form, answer);
}

/** Let people say what the columns hold where one that is needed was not found. */
function showColumns(form: HTMLFormElement, columns: ImportColumn[]): void {
  preview = { columns, report: NO_REPORT };
  fillWith(
    byId("import-result"),
    columnsPanel(columns, chosen, {
      onColumns: (next) => {
        chosen = next;
      },
      onAgain: () => void ask(form),
    }),
  );
}

function showPreview(form: HTMLFormElement, answer: ImportAnswer): void {
  if (!preview) return;
  const result = byId("import-result");
  const mapping = mappingOf(preview.columns, chosen);
  fillWith(
    result,
    previewPanel(answer.report, preview.columns, chosen, {
      onColumns: (next) => {
        chosen = next;
      },
      onAgain: () => void ask(form),
    }),
    el(
      "div",
      { class: "import-buttons" },
      button(t("import.remarks"), () => void download(form, mapping), {}, "download"),
      button(
        t("import.apply"),
        () => void apply(form, mapping),
        {
          class: "button button-primary",
          id: "import-apply",
          disabled: !writesSomething(answer.report.totals),
        },
        "check",
      ),
    ),
    !writesSomething(answer.report.totals) && el("p", { class: "hint" }, t("import.nothing")),
  );
  const heading = result.querySelector<HTMLElement>("h2");
  heading?.focus({ preventScroll: true });
  heading?.scrollIntoView({ block: "start" });
}

async function download(form: HTMLFormElement, mapping: Mapping): Promise<void> {
  const data = formData(form, mapping);
  const reply = await waiting("import.reading", () =>
    askAsAccount<Blob>("/v1/imports/remarks", {
      method: "POST",
      body: data,
      timeoutMs: PATIENCE_MS,
      file: true,
    }),
  );
  if (reply) saveBlob(reply.body, reply.fileName ?? t("import.remarks_file"));
}

async function apply(form: HTMLFormElement, mapping: Mapping): Promise<void> {
  const done = await send<{ id: number; totals: ImportAnswer["report"]["totals"] }>(
    form,
    "/v1/imports",
    mapping,
    "import.applying",
  );
  if (!done) return;
  forget();
  form.reset();
  fillWith(
    byId("import-result"),
    el(
      "p",
      { class: "notice notice-good", id: "import-done", tabindex: "-1" },
      t("import.applied", { totals: totalsWords(done.totals) }),
    ),
  );
  byId("import-done").focus();
  void loadPast();
}

async function send<Body>(
  form: HTMLFormElement,
  path: string,
  mapping: Mapping,
  words: string,
  onColumns?: (columns: ImportColumn[]) => void,
): Promise<Body | null> {
  const data = formData(form, mapping);
  const reply = await waiting(
    words,
    () => askAsAccount<Body>(path, { method: "POST", body: data, timeoutMs: PATIENCE_MS }),
    (error) => {
      if (error instanceof Problem && error.body.columns?.length)
        onColumns?.(error.body.columns as ImportColumn[]);
    },
  );
  return reply?.body ?? null;
}

function formData(form: HTMLFormElement, mapping: Mapping): FormData {
  const data = new FormData(form);
  for (const name of ["kind", "datum", "sheet"]) if (data.get(name) === "") data.delete(name);
  if (Object.keys(mapping).length) data.set("mapping", JSON.stringify(mapping));
  return data;
}

/** Do something slow: say that it goes on and for how long, and what went wrong. */
async function waiting<Result>(
  words: string,
  act: () => Promise<Result>,
  onError: (error: unknown) => void = () => undefined,
): Promise<Result | null> {
  if (isBusy) return null;
  isBusy = true;
  const started = Date.now();
  const seconds = el("span", {}, "");
  const progress = el(
    "div",
    { class: "import-progress", role: "status" },
    el("progress", { "aria-label": t(words) }),
    el("span", {}, t(words)),
    seconds,
  );
  const place = byId("import-problem");
  fillWith(place, progress);
  const timer = window.setInterval(() => {
    const passed = Math.round((Date.now() - started) / 1000);
    seconds.textContent = t("import.seconds", { seconds: passed });
  }, TICK_MS);
  byId("import-form").setAttribute("aria-busy", "true");
  try {
    const result = await act();
    fillWith(place);
    return result;
  } catch (error) {
    onError(error);
    problem(sentence(error));
    return null;
  } finally {
    window.clearInterval(timer);
    isBusy = false;
    document.getElementById("import-form")?.removeAttribute("aria-busy");
  }
}

function problem(words: string): void {
  const notice = el("p", { class: "notice notice-error" }, words);
  fillWith(byId("import-problem"), notice);
  notice.scrollIntoView({ block: "nearest" });
}
