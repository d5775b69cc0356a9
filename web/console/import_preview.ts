// What an import would do: totals, the columns as understood, and the report line by line.

import { button, el, fillWith } from "../shared/dom";
import { hasText, inPageLanguage, t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { label, taxonomy } from "../shared/taxonomy";
import {
  FIELDS,
  type ImportAnswer,
  type ImportColumn,
  linesByVerdict,
  type Mapping,
  mappingOf,
  type ReportLine,
  TOTALS,
  type Totals,
} from "./import_types";

const LINES_AT_ONCE = 100;

interface Handlers {
  onColumns: (chosen: Mapping) => void;
  onAgain: () => void;
}

/** The panel of a preview. */
export function previewPanel(
  report: ImportAnswer["report"],
  columns: readonly ImportColumn[],
  chosen: Mapping,
  handlers: Handlers,
): HTMLElement {
  return el(
    "section",
    { class: "panel", "aria-labelledby": "preview-heading" },
    el("h2", { id: "preview-heading", tabindex: "-1" }, t("import.preview_heading")),
    el("p", { class: "hint" }, t("import.preview_hint")),
    totalsList(report.totals),
    reportPart(report),
    columns.length > 0 && columnsPart(columns, chosen, handlers),
  );
}

/** The columns of a file in which one that is needed was not found: what each holds is chosen. */
export function columnsPanel(
  columns: readonly ImportColumn[],
  chosen: Mapping,
  handlers: Handlers,
): HTMLElement {
  return el(
    "section",
    { class: "panel", "aria-labelledby": "columns-heading" },
    el("h2", { id: "columns-heading", tabindex: "-1" }, t("import.columns_missing_heading")),
    columnsPart(columns, chosen, handlers),
  );
}

/** Totals in one sentence: those that are not zero. */
export function totalsWords(totals: Partial<Totals>): string {
  return TOTALS.filter((name) => (totals[name] ?? 0) > 0 || name === "read")
    .map((name) => t(`import.total_words_${name}`, { count: totals[name] ?? 0 }))
    .join(t("common.list_separator"));
}

/**
 * What people read for a field of the register. A report names it with the title of its column,
 * `hours_text (title)`, and by the title alone where the column is for no field.
 */
export function fieldWords(field: string | null): string {
  if (field === null) return t("import.field_none");
  const titled = /^([a-z_]+(?::[a-z_]+)?) \((.+)\)$/s.exec(field);
  if (titled) {
    return t("import.field_titled", { field: fieldWords(titled[1] ?? ""), title: titled[2] ?? "" });
  }
  const service = /^service:(.+)$/.exec(field)?.[1];
  if (service) return t("import.field_service", { service: label("service", service) });
  const key = `import.field_${field}`;
  return hasText(key) ? t(key) : field;
}

function totalsList(totals: Totals): HTMLElement {
  return el(
    "ul",
    { class: "totals" },
    ...TOTALS.map((name) =>
      el(
        "li",
        { class: `total total-${name}`, "data-total": name },
        el("strong", {}, String(totals[name])),
        el("span", {}, t(`import.total_${name}`)),
      ),
    ),
  );
}

function reportPart({ lines, numberMatched }: ImportAnswer["report"]): HTMLElement {
  const counts = linesByVerdict(lines);
  const list = el("ol", {
    class: "report-lines",
    tabindex: "0",
    "aria-label": t("import.lines_heading"),
  });
  const after = el("div", {});
  let wanted: string | null = null;
  let shown = LINES_AT_ONCE;
  const draw = (): void => {
    const matching = lines.filter(({ verdict }) => wanted === null || verdict === wanted);
    fillWith(list, ...matching.slice(0, shown).map(lineRow));
    const rest = matching.length - shown;
    fillWith(
      after,
      rest > 0 &&
        button(
          t("import.more_lines", { count: rest }),
          () => {
            shown += LINES_AT_ONCE * 5;
            draw();
          },
          { class: "button button-wide" },
        ),
    );
  };
  const chips = [null, ...counts.keys()].map((verdict) => {
    const count = verdict === null ? lines.length : (counts.get(verdict) ?? 0);
    const name = verdict === null ? t("import.all_lines") : verdictWords(verdict);
    const chip = el(
      "button",
      { type: "button", class: "chip", "aria-pressed": String(verdict === null) },
      `${name} ${count}`,
    );
    chip.addEventListener("click", () => {
      wanted = verdict;
      shown = LINES_AT_ONCE;
      for (const other of chips) other.setAttribute("aria-pressed", String(other === chip));
      draw();
    });
    return chip;
  });
  draw();
  if (!lines.length) return el("p", { class: "notice notice-good" }, t("import.no_lines"));
  return el(
    "div",
    { class: "report" },
    el("h3", {}, t("import.lines_heading")),
    counts.size > 1 && el("div", { class: "chips chips-wrap" }, ...chips),
    list,
    after,
    numberMatched > lines.length &&
      el(
        "p",
        { class: "hint" },
        t("import.first_lines", { shown: lines.length, count: numberMatched }),
      ),
  );
}

function lineRow(line: ReportLine): HTMLElement {
  const place = [
    line.row === null ? t("import.whole_file") : t("import.row", { row: line.row }),
    line.column ? t("import.column", { column: line.column }) : null,
    line.field ? fieldWords(line.field) : null,
  ];
  return el(
    "li",
    { class: `report-line report-${line.verdict}` },
    el("span", { class: "report-verdict" }, verdictWords(line.verdict)),
    el("span", { class: "report-place" }, place.filter(Boolean).join(" · ")),
    el("span", { class: "report-words" }, inPageLanguage(line)),
  );
}

function verdictWords(verdict: string): string {
  const key = `import.verdict_${verdict}`;
  return hasText(key) ? t(key) : verdict;
}

function columnsPart(
  columns: readonly ImportColumn[],
  chosen: Mapping,
  handlers: Handlers,
): HTMLElement {
  let now = { ...chosen };
  const again = button(t("import.again"), handlers.onAgain, {
    class: "button button-primary",
    disabled: true,
  });
  const rows = columns.map((column) => {
    const current = column.letter in now ? (now[column.letter] ?? null) : column.field;
    const select = fieldSelect(column, current);
    select.addEventListener("change", () => {
      now = { ...now, [column.letter]: select.value || null };
      again.disabled = false;
      handlers.onColumns(now);
    });
    return el(
      "li",
      { class: "column-row" },
      el(
        "div",
        { class: "column-title" },
        column.letter !== column.title && el("span", { class: "column-letter" }, column.letter),
        el("strong", {}, column.title || t("import.no_title")),
        column.guessed && el("span", { class: "tag" }, t("import.guessed")),
        el("span", { class: "hint" }, column.sample),
      ),
      el(
        "label",
        {},
        el(
          "span",
          { class: "visually-hidden" },
          t("import.column_is", { column: column.title || column.letter }),
        ),
        select,
      ),
    );
  });
  const left = columns.filter(({ field }) => field === null).length;
  const guessed = columns.some((column) => column.guessed);
  const changed = Object.keys(mappingOf(columns, chosen)).length;
  return el(
    "details",
    { class: "fold columns", open: left > 0 || changed > 0 || guessed },
    el(
      "summary",
      {},
      icon("chevron"),
      el("span", {}, t("import.columns_heading", { count: columns.length, left })),
    ),
    el("p", { class: "hint" }, t("import.columns_hint")),
    el("ul", { class: "column-rows" }, ...rows),
    again,
  );
}

function fieldSelect(column: ImportColumn, current: string | null): HTMLSelectElement {
  const services = taxonomy().service.map(({ code }) => `service:${code}`);
  const fields = [...FIELDS, ...services];
  if (current !== null && !fields.includes(current)) fields.push(current);
  const select = el(
    "select",
    { "data-column": column.letter },
    el("option", { value: "" }, fieldWords(null)),
    ...fields.map((field) => el("option", { value: field }, fieldWords(field))),
  );
  select.value = current ?? "";
  return select;
}
