import { describe, expect, it, vi } from "vitest";

vi.mock("./page", async () => ({
  config: { lang: "zh" },
  messages: (await import("../messages/zh.json")).default,
}));

const { dayOf, eventWhen } = await import("./event_words");
const NOW = new Date("2026-11-24T23:30:00+08:00");

describe("eventWhen", () => {
  it("says today and tomorrow by Ningbo's clock", () => {
    const today = eventWhen("2026-11-24T09:00:00+08:00", "2026-11-24T11:30:00+08:00", NOW);
    expect(today).toBe("今天 09:00–11:30");
    const soon = eventWhen("2026-11-25T00:00:00+08:00", "2026-11-25T01:00:00+08:00", NOW);
    expect(soon).toBe("明天 00:00–01:00");
  });

  it("names the day, and the year where it is another one", () => {
    const later = eventWhen("2026-12-05T14:00:00+08:00", "2026-12-05T16:00:00+08:00", NOW);
    expect(later).toContain("12月5日");
    expect(later).toContain("14:00–16:00");
    expect(later).not.toContain("2026");
    const next = eventWhen("2027-01-05T14:00:00+08:00", "2027-01-05T16:00:00+08:00", NOW);
    expect(next).toContain("2027年1月5日");
  });

  it("gives both ends of several days", () => {
    const camp = eventWhen("2026-11-25T08:30:00+08:00", "2026-11-27T17:00:00+08:00", NOW);
    expect(camp).toMatch(/^明天 08:30 至 11月27日.* 17:00$/);
  });
});

describe("dayOf", () => {
  it("is Ningbo's day, not that of Greenwich", () => {
    expect(dayOf(new Date("2026-11-24T16:30:00Z"))).toBe("2026-11-25");
  });
});
