import { describe, expect, it } from "vitest";
import { type Curve, HOURS, momentOf, stepsOf, timeAt } from "./day_curve";

const day = (date: string): Curve["weekday"] => ({
  date,
  residents_served: [],
  residents_served_if_unknown_open: [],
  workers_in_reach: [],
  workers_in_reach_if_unknown_open: [],
  stations_open: [],
  stations_hours_unknown: [],
});
const CURVE: Curve = { weekday: day("2026-11-26"), weekend: day("2026-11-28") };

describe("the 24-hour curve", () => {
  it("keeps each hour's value until the next", () => {
    expect(stepsOf([1, 3], 4)).toEqual([
      [0, 0.25],
      [1, 0.25],
      [1, 0.75],
      [2, 0.75],
    ]);
  });

  it("is flat where nobody lives", () => {
    expect(stepsOf([0, 0], 0).map(([, y]) => y)).toEqual([0, 0, 0, 0]);
  });

  it("knows its own two days and no other", () => {
    expect(momentOf("2026-11-28T08:30", CURVE)).toEqual({ day: "weekend", hour: 8 });
    expect(momentOf("2026-11-27T08:30", CURVE)).toBeNull();
    expect(momentOf(null, CURVE)).toBeNull();
  });

  it("comes back from the time that it asks for", () => {
    for (let hour = 0; hour < HOURS; hour += 1) {
      const moment = { day: "weekday" as const, hour };
      expect(momentOf(timeAt(moment, CURVE), CURVE)).toEqual(moment);
    }
  });
});
