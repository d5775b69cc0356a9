import { expect, test } from "vitest";
import { NO_EDITS } from "./edits";
import { editsFrom } from "./kept_edits";

test("edits come back as they were kept", () => {
  const edits = {
    add: [{ lon: 121.5, lat: 29.9, capacity_per_day: 40 }],
    move: [{ code: "NB-RS-0001", lon: 121.6, lat: 29.8 }],
    close: ["NB-RS-0002"],
  };
  expect(editsFrom(JSON.parse(JSON.stringify(edits)))).toEqual(edits);
});

test("what is no edit is left out", () => {
  for (const kept of [null, 7, "add", [], { add: 3 }, { add: [null, { lon: "1", lat: 2 }] }]) {
    expect(editsFrom(kept)).toEqual(NO_EDITS);
  }
  const some = {
    add: [{ lon: 1, lat: 2, capacity_per_day: "x" }],
    move: [{ lon: 1, lat: 2 }],
    close: [3],
  };
  expect(editsFrom(some)).toEqual({
    ...NO_EDITS,
    add: [{ lon: 1, lat: 2, capacity_per_day: null }],
  });
});
