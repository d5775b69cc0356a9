// What is tried out stays while its window does: through a reload, and the way back to the page.

import { type Edits, isEmpty, NO_EDITS, type Place } from "./edits";

const KEY = "nuanyi-trial";

/** Keep edits for this window; no edits leave nothing behind. */
export function keepEdits(edits: Edits): void {
  try {
    if (isEmpty(edits)) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, JSON.stringify(edits));
  } catch {
    // A browser that keeps nothing loses them with the page, as before.
  }
}

/** The edits that were kept; none where there are none, or nobody can read them. */
export function keptEdits(): Edits {
  try {
    return editsFrom(JSON.parse(sessionStorage.getItem(KEY) ?? "null"));
  } catch {
    return NO_EDITS;
  }
}

/** Whatever was kept as edits: only what has the shape of some. */
export function editsFrom(kept: unknown): Edits {
  const { add, move, close } = (kept ?? {}) as Record<keyof Edits, unknown>;
  return {
    add: listOf(add)
      .filter(isPlace)
      .map(({ lon, lat, capacity_per_day: capacity }) => ({
        lon,
        lat,
        capacity_per_day: Number.isInteger(capacity) ? (capacity as number) : null,
      })),
    move: listOf(move)
      .filter(isPlace)
      .filter((one) => typeof one.code === "string")
      .map(({ lon, lat, code }) => ({ lon, lat, code: String(code) })),
    close: listOf(close).filter((code) => typeof code === "string"),
  };
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isPlace(value: unknown): value is Place & Record<string, unknown> {
  const { lon, lat } = (value ?? {}) as Partial<Place>;
  return Number.isFinite(lon) && Number.isFinite(lat);
}
