// Reads the cells that web/planner_cells.py packs, and says what each layer shows of one.

export const CELL_LAYERS = ["minutes", "gap", "backup"] as const;
export type CellLayerName = (typeof CELL_LAYERS)[number];

export interface PackedCells {
  count: number;
  first: string;
  shift: number;
  steps: string;
  minutes: string;
  residents: string;
  reached_by: string;
  not_routable: string;
}

export interface Cells {
  count: number;
  /** H3 ids in ascending order, as two halves of 32 bits: h3-js takes [low, high] as an id. */
  low: Uint32Array;
  high: Uint32Array;
  /** To the nearest station; NaN where none is in reach. */
  minutes: Float64Array;
  residents: Float64Array;
  /** How many stations are in reach. */
  reachedBy: Float64Array;
  /** Residents without a known way. */
  notRoutable: Float64Array;
}

const TWO_32 = 0x100000000;
const TENTHS = 10;

export function unpackCells(packed: PackedCells): Cells {
  const { count } = packed;
  const steps = unpackNumbers(packed.steps, count);
  const minutes = unpackNumbers(packed.minutes, count);
  const low = new Uint32Array(count);
  const high = new Uint32Array(count);
  const [firstLow, firstHigh] = halves(packed.first);
  const unit = 2 ** packed.shift;
  // An id has 64 bits and a number 53: the offset from the first id, a whole number times a
  // power of two, is exact.
  let offset = 0;
  for (let i = 0; i < count; i += 1) {
    offset += (steps[i] as number) * unit;
    const sum = firstLow + (offset % TWO_32);
    low[i] = sum;
    high[i] = firstHigh + Math.floor(offset / TWO_32) + (sum >= TWO_32 ? 1 : 0);
    const tenths = minutes[i] as number;
    minutes[i] = tenths === 0 ? Number.NaN : (tenths - 1) / TENTHS;
  }
  const residents = unpackNumbers(packed.residents, count);
  const reachedBy = unpackNumbers(packed.reached_by, count);
  const notRoutable = unpackNumbers(packed.not_routable, count);
  return { count, low, high, minutes, residents, reachedBy, notRoutable };
}

/** Residents of a cell whom no station reaches. */
export function uncoveredOf(cells: Cells, i: number): number {
  if (!Number.isNaN(cells.minutes[i])) return 0;
  return (cells.residents[i] as number) - (cells.notRoutable[i] as number);
}

/** What a layer shows of a cell; NaN for nothing. */
export function shownOf(cells: Cells, layer: CellLayerName, i: number): number {
  if (layer === "minutes") return cells.minutes[i] as number;
  const value = layer === "gap" ? uncoveredOf(cells, i) : (cells.reachedBy[i] as number);
  return value > 0 ? value : Number.NaN;
}

/** The index of the cell, or -1. */
export function indexOfCell(cells: Cells, cell: string): number {
  const [low, high] = halves(cell);
  let from = 0;
  let to = cells.count - 1;
  while (from <= to) {
    const middle = (from + to) >> 1;
    const order = (cells.high[middle] as number) - high || (cells.low[middle] as number) - low;
    if (order === 0) return middle;
    if (order < 0) from = middle + 1;
    else to = middle - 1;
  }
  return -1;
}

/** The place of the first band whose upper end holds the value; -1 for none. */
export function bandOf(value: number, upto: readonly (number | null)[]): number {
  if (Number.isNaN(value)) return -1;
  return upto.findIndex((end) => end === null || value <= end);
}

function halves(cell: string): [number, number] {
  return [Number.parseInt(cell.slice(-8), 16), Number.parseInt(cell.slice(0, -8) || "0", 16)];
}

/** Base 64 of LEB128: seven bits a byte, low first, the eighth bit says that more follow. */
function unpackNumbers(text: string, count: number): Float64Array {
  const bytes = atob(text);
  const numbers = new Float64Array(count);
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    let place = 1;
    let byte = 0x80;
    let sum = 0;
    while (byte & 0x80) {
      byte = bytes.charCodeAt(at);
      if (Number.isNaN(byte)) throw new Error("packed cells end early");
      sum += (byte & 0x7f) * place;
      place *= 128;
      at += 1;
    }
    numbers[i] = sum;
  }
  return numbers;
}
