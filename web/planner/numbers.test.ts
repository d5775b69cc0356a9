import { describe, expect, it } from "vitest";
import { NO_NUMBER, partWords } from "./numbers";

describe("a part of a total", () => {
  it("is a percentage, and never all or nothing unless it is that", () => {
    expect(partWords(1, 3)).toBe("33.3%");
    expect(partWords(0, 3)).toBe("0.0%");
    expect(partWords(1, 1_000_000)).toBe("<0.1%");
    expect(partWords(999_999, 1_000_000)).toBe(">99.9%");
  });

  it("is no number where there is nobody", () => {
    expect(partWords(0, 0)).toBe(NO_NUMBER);
  });
});
