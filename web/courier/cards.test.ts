import { describe, expect, it } from "vitest";
import { checkedByDay, servicesInOrder } from "./cards";
import { pinMarkup } from "./pin";

describe("servicesInOrder", () => {
  it("puts what was asked for first and calls a missing answer unknown", () => {
    const found = servicesInOrder({ wifi: "yes" }, ["toilet"], ["wifi", "toilet", "bed"]);
    expect(found).toEqual([
      { code: "toilet", known: "unknown" },
      { code: "wifi", known: "yes" },
      { code: "bed", known: "unknown" },
    ]);
  });
});

describe("checkedByDay", () => {
  it("puts what was checked on one day together, the latest day first", () => {
    const checked = { hours: "2026-10-05", services: "2026-11-01", access: "2026-10-05" };
    expect(checkedByDay(checked)).toEqual([
      ["2026-11-01", ["services"]],
      ["2026-10-05", ["hours", "access"]],
    ]);
  });
});

describe("pinMarkup", () => {
  it("has no style attribute and takes only colours", () => {
    expect(pinMarkup(3, "#c2410c")).toContain('fill="#c2410c"');
    expect(pinMarkup(3, '"><script>')).not.toContain("script");
    expect(pinMarkup(3, "#c2410c")).not.toContain("style");
  });
});
