import { describe, expect, it } from "vitest";
import {
  changedFields,
  type Draft,
  differences,
  firstChoice,
  mergePatch,
  namesIn,
  positionText,
  typedPosition,
  withValue,
} from "./draft";

const READ: Draft = {
  name: "Station",
  aliases: ["Old name"],
  address: "Road 1",
  phone: "",
  hours_text: "8:00-18:00",
  status: "active",
  access: "everyone",
  entry: ["ask_staff"],
  services: { wifi: "unknown", toilet: "yes" },
  notes: "",
  way_in: "",
  closures: ["2026-12-01 2026-12-03 装修"],
  position: "121.55,29.87 wgs84",
};

describe("mergePatch", () => {
  it("sends only what changed, and null for emptied text", () => {
    const edited = { ...READ, address: "", services: { ...READ.services, wifi: "no" as const } };
    expect(mergePatch(READ, edited)).toEqual({ address: null, services: { wifi: "no" } });
  });

  it("is empty when nothing changed", () => {
    expect(mergePatch(READ, { ...READ, entry: ["ask_staff"] })).toEqual({});
  });

  it("sends all closures, and a position with its datum", () => {
    const closures = [...READ.closures, "2026-12-24 2026-12-24 停电 一天"];
    const edited = { ...READ, closures, position: positionText(121.5512345678, 29.9, "gcj02") };
    expect(mergePatch(READ, edited)).toEqual({
      closures: [
        { from: "2026-12-01", until: "2026-12-03", reason: "装修" },
        { from: "2026-12-24", until: "2026-12-24", reason: "停电 一天" },
      ],
      position: { lon: 121.551235, lat: 29.9, crs: "gcj02" },
    });
    expect(mergePatch(READ, { ...READ, closures: [] })).toEqual({ closures: [] });
  });

  it("sends all other names, and none as an empty list", () => {
    const edited = { ...READ, aliases: namesIn(" Old name、小站;小站\n老站， ") };
    expect(mergePatch(READ, edited)).toEqual({ aliases: ["Old name", "小站", "老站"] });
    expect(mergePatch(READ, { ...READ, aliases: namesIn("") })).toEqual({ aliases: [] });
  });

  it("never sends null for the name, which cannot be cleared", () => {
    expect(mergePatch(READ, { ...READ, name: "" })).toEqual({ name: "" });
  });
});

describe("differences", () => {
  const mine = withValue(withValue(READ, "phone", "111"), "hours_text", "7:00-20:00");
  const theirs = withValue(withValue(READ, "services.wifi", "yes"), "hours_text", "24h");

  it("keeps my change, takes theirs, and marks where both changed", () => {
    const found = differences(READ, mine, theirs);
    const byField = Object.fromEntries(found.map((one) => [one.field, one]));
    expect(Object.keys(byField).sort()).toEqual(["hours_text", "phone", "services.wifi"]);
    expect(byField.phone && firstChoice(byField.phone)).toBe("mine");
    expect(byField["services.wifi"] && firstChoice(byField["services.wifi"])).toBe("theirs");
    expect(byField.hours_text).toMatchObject({ iChanged: true, theyChanged: true });
  });

  it("is silent where both wrote the same", () => {
    const same = withValue(READ, "phone", "111");
    expect(differences(READ, same, same)).toEqual([]);
  });
});

describe("withValue", () => {
  it("leaves the draft given as it was", () => {
    withValue(READ, "services.wifi", "yes");
    expect(READ.services.wifi).toBe("unknown");
    expect(changedFields(READ, READ)).toEqual([]);
  });
});

describe("typedPosition", () => {
  it("reads two numbers however they were copied, in either order", () => {
    const expected = { lon: 121.55, lat: 29.87 };
    for (const text of ["121.55,29.87", " 29.87，121.55 ", "121.55 29.87"]) {
      expect(typedPosition(text)).toEqual(expected);
    }
  });

  it("is null for anything else", () => {
    for (const text of ["", "121.55", "121.55, 97", "a,b", "121.55,29.87,3"]) {
      expect(typedPosition(text)).toBeNull();
    }
  });
});
