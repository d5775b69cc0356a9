import { describe, expect, it } from "vitest";
import { eventBody, eventGap } from "./event_form";

function filled(changes: Record<string, string> = {}): FormData {
  const data = new FormData();
  const values = { title: "义诊", kind: "clinic", day: "2026-12-05", begins: "09:00" };
  const rest = { ends: "11:30", last_day: "", access: "everyone", capacity: "", how_to_join: " " };
  for (const [name, value] of Object.entries({ ...values, ...rest, ...changes })) {
    data.set(name, value);
  }
  return data;
}

describe("eventGap", () => {
  it("names the first thing that is missing", () => {
    expect(eventGap("NB-RS-0001", filled())).toBeNull();
    expect(eventGap(null, filled())?.field).toBe("station");
    expect(eventGap("NB-RS-0001", filled({ title: " " }))?.field).toBe("title");
    expect(eventGap("NB-RS-0001", filled({ begins: "" }))?.field).toBe("begins");
  });

  it("does not let an event end before it begins, unless on a later day", () => {
    expect(eventGap("NB-RS-0001", filled({ ends: "09:00" }))?.key).toBe("event.wrong_order");
    expect(eventGap("NB-RS-0001", filled({ ends: "06:00", last_day: "2026-12-06" }))).toBeNull();
  });
});

describe("eventBody", () => {
  it("gives Ningbo's time, and null for what is not known", () => {
    expect(eventBody("NB-RS-0001", filled({ capacity: "0" }))).toEqual({
      station: "NB-RS-0001",
      kind: "clinic",
      title: "义诊",
      starts_at: "2026-12-05T09:00:00+08:00",
      ends_at: "2026-12-05T11:30:00+08:00",
      access: "everyone",
      how_to_join: null,
      organiser: null,
      capacity: 0,
    });
  });
});
