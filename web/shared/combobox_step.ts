// Which row the arrow keys lead to.

/** The row after a key, -1 being the field itself; null for a key that does not move. */
export function stepped(key: string, active: number, count: number): number | null {
  if (count === 0) return null;
  if (key === "ArrowDown") return active + 1 < count ? active + 1 : -1;
  if (key === "ArrowUp") return active < 0 ? count - 1 : active - 1;
  return null;
}
