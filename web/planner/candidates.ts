// Where new sites may be: a grid, the points that a planner put on the map, or a list.

import type { Place } from "./edits";

export const AMONG = ["grid", "placed", "list"] as const;
export const DATUMS = ["wgs84", "gcj02", "bd09"] as const;

/** A comma, a semicolon (of either width) or blanks. */
const SEPARATOR = /\s*[,;\uff0c\uff1b\s]\s*/;

export interface Listed {
  points: Place[];
  /** The first line that is no point, counted from 1; null where all are. */
  wrongLine: number | null;
}

/** Read a point a line, longitude first, with a comma, a blank or a tab between; no line is lost. */
export function listedPoints(text: string): Listed {
  const points: Place[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const numbers = line.trim().split(SEPARATOR);
    const [lon, lat] = numbers.map((one) =>
      /^-?\d+(\.\d+)?$/.test(one) ? Number(one) : Number.NaN,
    );
    if (numbers.length !== 2 || !isPlace(lon, lat)) return { points, wrongLine: index + 1 };
    points.push({ lon: lon as number, lat: lat as number });
  }
  return { points, wrongLine: null };
}

function isPlace(lon = Number.NaN, lat = Number.NaN): boolean {
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
}
