// The 24-hour curve as numbers: steps, scales and the hour that a time of the question falls on.

export interface Day {
  date: string;
  residents_served: number[];
  residents_served_if_unknown_open: number[];
  workers_in_reach: number[];
  workers_in_reach_if_unknown_open: number[];
  stations_open: number[];
  stations_hours_unknown: number[];
}

export const DAYS = ["weekday", "weekend"] as const;
export type DayName = (typeof DAYS)[number];
export type Curve = Record<DayName, Day>;

/** Where the day and the hour of a question are on the curve. */
export interface Moment {
  day: DayName;
  hour: number;
}

export const HOURS = 24;

/** Corners of a line that keeps each hour's value until the next: x in hours, y from 0 to 1. */
export function stepsOf(values: readonly number[], total: number): [number, number][] {
  return values.flatMap((value, hour): [number, number][] => {
    const y = total > 0 ? value / total : 0;
    return [
      [hour, y],
      [hour + 1, y],
    ];
  });
}

/** The moment of a typed time such as 2026-11-26T08:30; null on another date, or for no time. */
export function momentOf(at: string | null, curve: Curve): Moment | null {
  const day = DAYS.find((name) => at?.startsWith(curve[name].date));
  return day === undefined || at === null ? null : { day, hour: Number(at.slice(11, 13)) };
}

/** The time to ask for at a moment of the curve. */
export function timeAt({ day, hour }: Moment, curve: Curve): string {
  return `${curve[day].date}T${hourWords(hour)}`;
}

/** 8 as 08:00. */
export function hourWords(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}
