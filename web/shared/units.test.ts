import { describe, expect, it, vi } from "vitest";

vi.mock("./page", async () => ({
  config: { lang: "en" },
  messages: (await import("../messages/en.json")).default,
}));

const { ageWords, clockTime, daysAgoWords, distanceWords, roundedDegrees, wholeMinutes } =
  await import("./units");

const NOW = new Date("2026-11-23T15:30:00+08:00");

describe("units", () => {
  it("never says zero minutes or zero metres", () => {
    expect(wholeMinutes(0.2)).toBe(1);
    expect(distanceWords(3)).toBe("10 m");
  });

  it("changes to kilometres at a thousand metres", () => {
    expect(distanceWords(994)).toBe("990 m");
    expect(distanceWords(1250)).toBe("1.3 km");
  });

  it("tells Ningbo's time wherever the phone thinks it is", () => {
    expect(clockTime("2026-11-23T10:05:00Z", NOW)).toBe("18:05");
    expect(clockTime("2026-11-24T00:00:00+08:00", NOW)).toBe("00:00 tomorrow");
    expect(clockTime("2026-11-27T09:00:00+08:00", NOW)).toContain("09:00, ");
  });

  it("counts days by the calendar, not by 24 hours", () => {
    expect(daysAgoWords("2026-11-23", NOW)).toBe("today");
    expect(daysAgoWords("2026-11-22", new Date("2026-11-23T00:10:00+08:00"))).toBe("yesterday");
    expect(daysAgoWords("2026-09-24", NOW)).toBe("2 months ago");
  });

  it("tells how old an answer is", () => {
    expect(ageWords(59_000)).toBe("just now");
    expect(ageWords(60_000)).toBe("1 minute ago");
  });

  it("rounds a position to five decimals", () => {
    expect(roundedDegrees(121.549312345)).toBe(121.54931);
  });
});
