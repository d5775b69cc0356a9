import { describe, expect, it, vi } from "vitest";

vi.mock("./page", async () => ({
  config: { lang: "zh" },
  messages: (await import("../messages/zh.json")).default,
}));

const { closedDays, closureProblem, closureWords, decoded, encoded, isOver, isWholeDays } =
  await import("./closures");

const WHOLE = {
  starts_at: "2026-12-01T00:00:00+08:00",
  ends_at: "2026-12-04T00:00:00+08:00",
  reason: "装修 二楼",
};

describe("closedDays", () => {
  it("counts both days of a while of whole days", () => {
    const days = closedDays(WHOLE);
    expect(days).toEqual({ from: "2026-12-01", until: "2026-12-03", reason: "装修 二楼" });
    expect(isWholeDays(days)).toBe(true);
    const inUtc = { ...WHOLE, starts_at: "2026-11-30T16:00:00Z", ends_at: "2026-12-01T16:00:00Z" };
    expect(closedDays(inUtc)).toMatchObject({ from: "2026-12-01", until: "2026-12-01" });
  });

  it("keeps hours as they are", () => {
    const hours = closedDays({ ...WHOLE, ends_at: "2026-12-01T12:00:00+08:00" });
    expect(hours.until).toBe("2026-12-01T12:00:00+08:00");
    expect(isWholeDays(hours)).toBe(false);
    expect(closureWords(hours)).toContain("2026-12-01 12:00");
  });

  it("is the same after it was a text, blanks in the reason too", () => {
    expect(decoded(encoded(closedDays(WHOLE)))).toEqual(closedDays(WHOLE));
  });
});

describe("closureProblem", () => {
  const good = closedDays(WHOLE);
  it("names what is missing or the wrong way round", () => {
    expect(closureProblem(good)).toBeNull();
    expect(closureProblem({ ...good, from: "" })).toBe("closure.day_missing");
    expect(closureProblem({ ...good, until: "2026-11-30" })).toBe("closure.wrong_order");
    expect(closureProblem({ ...good, reason: " " })).toBe("closure.reason_missing");
  });
});

describe("isOver", () => {
  it("is over on the day after the last", () => {
    expect(isOver(closedDays(WHOLE), "2026-12-03")).toBe(false);
    expect(isOver(closedDays(WHOLE), "2026-12-04")).toBe(true);
  });
});
