import { describe, expect, it } from "vitest";
import { stepped } from "./combobox_step";

describe("stepped", () => {
  it("goes round by way of the field", () => {
    const down = [-1, 0, 1, 2].map((active) => stepped("ArrowDown", active, 3));
    expect(down).toEqual([0, 1, 2, -1]);
    const up = [-1, 2, 1, 0].map((active) => stepped("ArrowUp", active, 3));
    expect(up).toEqual([2, 1, 0, -1]);
  });

  it("leaves other keys and an empty list alone", () => {
    expect(stepped("a", 0, 3)).toBeNull();
    expect(stepped("ArrowDown", -1, 0)).toBeNull();
  });
});
