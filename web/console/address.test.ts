import { describe, expect, it } from "vitest";
import { addressOf, hashOf } from "./address";

describe("addressOf", () => {
  it("is one station, a section, or the list", () => {
    expect(addressOf("#NB-RS-0012", "manager")).toEqual({ view: "form", code: "NB-RS-0012" });
    expect(addressOf("#events", "manager").view).toBe("events");
    for (const strange of ["", "#", "#nothing", "#%E7", "#NB-RS-12"]) {
      expect(addressOf(strange, "administrator").view).toBe("list");
    }
  });

  it("shows imports and the calendar to administrators only", () => {
    for (const section of ["#imports", "#calendar"]) {
      expect(addressOf(section, "manager").view).toBe("list");
      expect(hashOf(addressOf(section, "administrator"))).toBe(section);
    }
  });
});
