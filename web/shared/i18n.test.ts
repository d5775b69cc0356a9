import { describe, expect, it } from "vitest";
import { fill, t } from "./i18n";

describe("fill", () => {
  it("puts values in, zero too", () => {
    expect(fill("{count} of {all}", { count: 0, all: 7 })).toBe("0 of 7");
  });

  it("chooses the word for one or many", () => {
    expect(fill("{n} {n|place|places}", { n: 1 })).toBe("1 place");
    expect(fill("{n} {n|place|places}", { n: 2 })).toBe("2 places");
  });

  it("shows a value that was forgotten, and does not fill a value's own braces", () => {
    expect(fill("{name}", {})).toBe("{name}");
    expect(fill("{name}", { name: "{other}", other: "x" })).toBe("{other}");
  });
});

describe("t", () => {
  it("shows a missing key as itself", () => {
    expect(t("no.such.key")).toBe("no.such.key");
  });
});
