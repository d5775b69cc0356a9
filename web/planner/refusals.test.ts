import { describe, expect, it } from "vitest";
import { Problem } from "../shared/api";
import { isOfArea, plainSentence } from "./refusals";

function refusal(field: string | null, words: string): Problem {
  return new Problem(404, { field, detail: words });
}

describe("a refusal on the planner's page", () => {
  it("does not begin with the name of a parameter", () => {
    expect(plainSentence(refusal("area", "area：没有编号为“999999”的区域。"))).toBe(
      "没有编号为“999999”的区域。",
    );
    expect(plainSentence(refusal("area", "area: there is no area “999999”."))).toBe(
      "There is no area “999999”.",
    );
  });

  it("stays as it is where no name stands before it", () => {
    expect(plainSentence(refusal("area", "An area is missing."))).toBe("An area is missing.");
    expect(plainSentence(refusal(null, "area: as it was"))).toBe("area: as it was");
  });

  it("is of the area where its field is", () => {
    expect(isOfArea(refusal("area", ""))).toBe(true);
    expect(isOfArea(refusal("minutes", ""))).toBe(false);
    expect(isOfArea(new Error("area"))).toBe(false);
  });
});
