import { describe, expect, it, vi } from "vitest";

vi.mock("../shared/page", async () => ({
  config: { lang: "zh" },
  messages: (await import("../messages/zh.json")).default,
}));

const { metSign, valueWords } = await import("./indicators");

describe("valueWords", () => {
  it("shows shares, ratios and counts, and never makes a zero of the unknown", () => {
    expect(valueWords(0.125, "share")).toBe("12.5%");
    expect(valueWords(1.5, "ratio")).toBe("1.50");
    expect(valueWords(12000, "stations")).toBe("12,000");
    expect(valueWords(null, "share")).toBe("不清楚");
    expect(valueWords(0, "stations")).toBe("0");
  });
});

describe("metSign", () => {
  it("tells three states apart", () => {
    const tones = [true, false, null].map((met) => metSign(met).tone);
    expect(tones).toEqual(["good", "bad", "unsure"]);
  });
});
