import { describe, expect, it } from "vitest";
import { NO_EDITS } from "./edits";
import { questionFrom } from "./question";
import { type ChangedArea, changedAreas, type Gain, questionOf, whatIfBody } from "./what_if";

const NOTHING: Gain = {
  residents_served: 0,
  workers_served: 0,
  residents_uncovered: 0,
  workers_without_capacity: 0,
  backup: { "0": 0, "1": 0, "2": 0, "3+": 0 },
};

describe("a what-if", () => {
  it("tells of areas where anything changes, backup alone too", () => {
    const area = (code: string, gain: Gain) => ({ code, gain }) as ChangedArea;
    const areas = [
      area("a", NOTHING),
      area("b", { ...NOTHING, workers_served: -1 }),
      area("c", { ...NOTHING, backup: { "0": 0, "1": -5, "2": 5, "3+": 0 } }),
    ];
    expect(changedAreas(areas).map(({ code }) => code)).toEqual(["b", "c"]);
  });

  it("asks the page's question, and a scenario asks it again", () => {
    const question = questionFrom("#area=330212&minutes=10&profile=ebike", "330200");
    const body = whatIfBody(question, NO_EDITS);
    expect(body).toMatchObject({ area: "330212", minutes: 10, kind: ["rest_station"], add: [] });
    expect(body).not.toHaveProperty("layer");
    const kept = { ...question, at: "2026-11-26T08:00:00+08:00" };
    const scenario = { id: 1, name: "", owner: "", mine: true, shared: false };
    const again = questionOf({ ...scenario, question: kept, edits: NO_EDITS });
    expect({ ...again, layer: question.layer }).toEqual({ ...question, at: "2026-11-26T08:00" });
  });
});
