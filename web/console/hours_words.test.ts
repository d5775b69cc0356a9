import { describe, expect, it, vi } from "vitest";

vi.mock("../shared/page", async () => ({
  config: { lang: "zh" },
  messages: (await import("../messages/zh.json")).default,
}));

const { hoursWords } = await import("./hours_words");

describe("hoursWords", () => {
  it.each([
    ["Mo-Fr 08:30-12:00,14:00-18:30", "周一至周五 8:30-12:00、14:00-18:30"],
    ["Mo-Fr 08:00-17:00; Sa 09:00-12:00", "周一至周五 8:00-17:00；周六 9:00-12:00"],
    ["06:00-22:00", "每天 6:00-22:00"],
    ["Mo-Su 22:00-06:00", "每天 22:00-6:00"],
    ["24/7", "24 小时"],
    ["Mo,We,Fr 09:00-10:00; PH off", "周一、周三、周五 9:00-10:00；法定节假日不开"],
  ])("says %s in plain words", (hours, words) => {
    expect(hoursWords(hours)).toBe(words);
  });

  it("does not guess at syntax that it does not know", () => {
    expect(hoursWords("week 1-10 Mo sunrise-sunset")).toBeNull();
    expect(hoursWords("Mo[1] 09:00-10:00")).toBeNull();
    expect(hoursWords("")).toBeNull();
  });
});
