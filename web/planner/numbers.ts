// Counts and shares as planners read them.

/** 9777000 as 9,777,000. */
export function countWords(value: number): string {
  return value.toLocaleString("en-US");
}

/** A part of one as a percentage with one decimal; never 0.0 % or 100.0 % unless it is that. */
export function shareWords(part: number): string {
  const rounded = Math.round(part * 1000) / 10;
  if (part > 0 && rounded === 0) return "<0.1%";
  if (part < 1 && rounded === 100) return ">99.9%";
  return `${rounded.toFixed(1)}%`;
}
