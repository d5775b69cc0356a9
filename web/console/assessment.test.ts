import { describe, expect, it } from "vitest";
import { type AssessableFact, changedAnswers } from "./assessment";

const REST = { zh: "", en: "", unit: "", checked_on: null };
const FACTS: AssessableFact[] = [
  { code: "name_sign", answer: "yes_no", value: "yes", ...REST },
  { code: "own_room", answer: "yes_no", value: null, ...REST },
  { code: "area_m2", answer: "number", value: 8, ...REST },
];

function answers(values: Record<string, string>): unknown[] {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return changedAnswers(FACTS, data, "2026-11-24").map(({ fact, answer }) => [fact, answer]);
}

describe("changedAnswers", () => {
  it("sends only what differs, and keeps no and not known apart", () => {
    expect(answers({ name_sign: "yes", own_room: "unknown", area_m2: "8" })).toEqual([]);
    expect(answers({ name_sign: "unknown", own_room: "no", area_m2: "" })).toEqual([
      ["name_sign", "unknown"],
      ["own_room", "no"],
      ["area_m2", "unknown"],
    ]);
    expect(answers({ area_m2: "12.5" })).toEqual([["area_m2", 12.5]]);
  });
});
