// What a planner tries out: places added, stations moved and closed; and the way back.

export interface Place {
  lon: number;
  lat: number;
}

export interface Edits {
  add: (Place & { capacity_per_day: number | null })[];
  move: (Place & { code: string })[];
  close: string[];
}

export const NO_EDITS: Edits = { add: [], move: [], close: [] };

export function isEmpty({ add, move, close }: Edits): boolean {
  return add.length + move.length + close.length === 0;
}

export function withAdded(edits: Edits, place: Place, capacity: number | null): Edits {
  return { ...edits, add: [...edits.add, { ...rounded(place), capacity_per_day: capacity }] };
}

export function withoutAdded(edits: Edits, index: number): Edits {
  return { ...edits, add: edits.add.filter((_, i) => i !== index) };
}

/** The added place goes somewhere else. */
export function withAddedAt(edits: Edits, index: number, place: Place): Edits {
  const add = edits.add.map((one, i) => (i === index ? { ...one, ...rounded(place) } : one));
  return { ...edits, add };
}

/** A station is moved once, and one that is moved is not closed. */
export function withMoved(edits: Edits, code: string, place: Place): Edits {
  const cleared = withStationAsItIs(edits, code);
  return { ...cleared, move: [...cleared.move, { code, ...rounded(place) }] };
}

export function withClosed(edits: Edits, code: string): Edits {
  const cleared = withStationAsItIs(edits, code);
  return { ...cleared, close: [...cleared.close, code] };
}

export function withStationAsItIs({ add, move, close }: Edits, code: string): Edits {
  return {
    add,
    move: move.filter((one) => one.code !== code),
    close: close.filter((one) => one !== code),
  };
}

/** A seventh decimal is a centimetre. */
function rounded({ lon, lat }: Place): Place {
  return { lon: Number(lon.toFixed(7)), lat: Number(lat.toFixed(7)) };
}
