import { describe, expect, it, vi } from "vitest";
import type { OpenState } from "./types";

vi.mock("./page", async () => ({
  config: { lang: "zh" },
  messages: (await import("../messages/zh.json")).default,
}));

const { openNote, openWords } = await import("./open_state");

const OPEN: OpenState = {
  state: "open",
  on_arrival: true,
  closes_in_minutes: null,
  next_change: null,
  text: null,
};

describe("openWords", () => {
  it("says until when, in minutes where that is soon", () => {
    expect(openWords({ ...OPEN, closes_in_minutes: 43.4 }, "active")).toMatchObject({
      tone: "good",
      words: "开着，43 分钟后关门",
    });
    expect(openWords({ ...OPEN, closes_in_minutes: 20 }, "active").tone).toBe("soon");
    expect(openWords(OPEN, "active").words).toBe("一直开着，不关门");
  });

  it("calls unknown unknown, never open and never closed", () => {
    const unknown = openWords({ ...OPEN, state: "unknown", on_arrival: null }, "active");
    expect(unknown.tone).toBe("unsure");
    expect(openWords({ ...OPEN, on_arrival: null }, "active").tone).toBe("unsure");
  });

  it("tells closed now from closed on arrival", () => {
    const early = openWords({ ...OPEN, on_arrival: false }, "active");
    expect(early).toMatchObject({ tone: "bad", words: "您到之前就关门了" });
    const opens = openWords({ ...OPEN, state: "opens_soon", on_arrival: true }, "active");
    expect(opens).toMatchObject({ tone: "good", words: "现在没开，您到时已开门" });
  });

  it("says why a place is closed for a while, and until when", () => {
    const shut: OpenState = { ...OPEN, state: "closed", on_arrival: false, closed_for: "装修" };
    expect(openWords(shut, "active")).toMatchObject({ tone: "bad", words: "临时不开：装修" });
    const until = { ...shut, next_change: "2031-05-02T08:00:00+08:00" };
    expect(openWords(until, "active").words).toMatch(/^临时不开：装修（.*08:00 再开）$/);
    const over = { ...shut, on_arrival: true };
    expect(openWords(over, "active").words).toBe("现在没开，您到时已开门");
  });

  it("says what is not sure about holidays, and nothing of notes that it does not know", () => {
    expect(openNote({ ...OPEN, note: "holiday_unknown" })).toBe("节假日是否开放，原文没有写");
    expect(openNote({ ...OPEN, note: null })).toBeNull();
    expect(openNote({ ...OPEN, note: "later" as never })).toBeNull();
  });

  it("puts a temporary closure above the hours", () => {
    expect(openWords(OPEN, "temporarily_closed")).toMatchObject({ tone: "bad", words: "暂停开放" });
  });
});
