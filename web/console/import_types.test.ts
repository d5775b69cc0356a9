import { describe, expect, it } from "vitest";
import { type ImportColumn, linesByVerdict, mappingOf } from "./import_types";

const COLUMNS: ImportColumn[] = [
  { letter: "A", title: "名称", field: "name", guessed: true, sample: "" },
  { letter: "B", title: "楼层", field: null, guessed: true, sample: "" },
];

describe("mappingOf", () => {
  it("sends only columns that differ from the guess", () => {
    expect(mappingOf(COLUMNS, {})).toEqual({});
    expect(mappingOf(COLUMNS, { A: "name", B: "way_in" })).toEqual({ B: "way_in" });
  });

  it("sends null for a column that is left out", () => {
    expect(mappingOf(COLUMNS, { A: null })).toEqual({ A: null });
  });
});

describe("linesByVerdict", () => {
  it("counts", () => {
    const line = { row: 1, column: "", field: "", code: "", zh: "", en: "" };
    const lines = ["remark", "refused", "remark"].map((verdict) => ({ ...line, verdict }));
    expect([...linesByVerdict(lines)]).toEqual([
      ["remark", 2],
      ["refused", 1],
    ]);
  });
});
