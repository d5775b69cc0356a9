// How somebody travels and what they look for is remembered on the device; where they are never is.

import type { Question } from "./query";

const KEY = "nuanyi-habits";

export type Habits = Pick<Question, "profile" | "kinds">;

/** What was chosen last time; nothing where that cannot be read. */
export function readHabits(): Partial<Habits> {
  try {
    return checkedHabits(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
  } catch {
    return {};
  }
}

/** Remember how the courier travels and which kinds they look for. */
export function saveHabits({ profile, kinds }: Habits): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ profile, kinds }));
  } catch {
    // Private windows may forbid it; the page works without.
  }
}

/** The usable part of whatever was stored. */
export function checkedHabits(stored: unknown): Partial<Habits> {
  if (typeof stored !== "object" || stored === null) return {};
  const { profile, kinds } = stored as Record<string, unknown>;
  const habits: Partial<Habits> = {};
  if (profile === "walk" || profile === "ebike" || profile === "truck") habits.profile = profile;
  if (Array.isArray(kinds) && kinds.every((kind) => /^[a-z_]+$/.test(String(kind)))) {
    habits.kinds = kinds.map(String);
  }
  return habits;
}
