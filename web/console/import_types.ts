// What imports say, as the console uses it, and small answers about it.

export const TOTALS = ["read", "added", "changed", "unchanged", "unplaced", "refused"] as const;
export type Totals = Record<(typeof TOTALS)[number], number>;

/** What a column can hold, as stations/columns.py has it; beside it `service:` and a code. */
export const FIELDS: readonly string[] = [
  "name",
  "name_en",
  "aliases",
  "kind",
  "also_kinds",
  "code",
  "number",
  "source_id",
  "lon",
  "lat",
  "lon_lat",
  "datum",
  "brand",
  "tier",
  "level",
  "status",
  "access",
  "open_to_others",
  "entry",
  "services",
  "address",
  "province",
  "city",
  "district",
  "town",
  "village",
  "neighbourhood",
  "road",
  "section",
  "lane",
  "house_number",
  "floor",
  "way_in",
  "phone",
  "hours_text",
  "opens",
  "closes",
  "closures",
  "capacity_per_day",
  "town_code",
  "built_as",
  "built_by",
  "honours",
  "checked_on",
  "notes",
];

export interface ImportColumn {
  /** Of a spreadsheet; a property of GeoJSON has its name here. */
  letter: string;
  title: string;
  field: string | null;
  /** The title only resembles one that is known, so a person should look at it. */
  guessed: boolean;
  sample: string;
}

export interface ReportLine {
  row: number | null;
  column: string;
  field: string;
  code: string;
  verdict: string;
  zh: string;
  en: string;
}

export interface ImportAnswer {
  columns: ImportColumn[];
  /** `lines` are the first of `numberMatched`. */
  report: { totals: Totals; numberMatched: number; lines: ReportLine[] };
}

export interface PastImport {
  id: number;
  file_name: string;
  source: string;
  by: string | null;
  at: string;
  undone_at: string | null;
  totals: Partial<Totals>;
}

/** A mapping of columns that somebody corrected: letter by field; null leaves a column out. */
export type Mapping = Record<string, string | null>;

/** What is sent for the columns as they now stand; nothing where all are as guessed. */
export function mappingOf(columns: readonly ImportColumn[], chosen: Mapping): Mapping {
  const changed: Mapping = {};
  for (const { letter, field } of columns) {
    const now = letter in chosen ? (chosen[letter] ?? null) : field;
    if (now !== field) changed[letter] = now;
  }
  return changed;
}

/** How many lines there are of each verdict. */
export function linesByVerdict(lines: readonly ReportLine[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { verdict } of lines) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return counts;
}

/** Whether applying would write anything. */
export function writesSomething(totals: Totals): boolean {
  return totals.added + totals.changed > 0;
}
