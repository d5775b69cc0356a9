// Where a district's name stands on the map.

/** The point where a district's name stands: inside its largest part, away from the edges. */
export function labelPoint(geometry: GeoJSON.Polygon | GeoJSON.MultiPolygon): [number, number] {
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const outer =
    parts.map((part) => part[0] ?? []).sort((a, b) => ringArea(b) - ringArea(a))[0] ?? [];
  return innerPoint(outer);
}

function ringArea(ring: GeoJSON.Position[]): number {
  let doubled = 0;
  for (let index = 0; index < ring.length - 1; index += 1) {
    const [x1 = 0, y1 = 0] = ring[index] ?? [];
    const [x2 = 0, y2 = 0] = ring[index + 1] ?? [];
    doubled += x1 * y2 - x2 * y1;
  }
  return Math.abs(doubled) / 2;
}

/** The middle of the widest stretch among nine horizontal cuts through the ring. */
function innerPoint(ring: GeoJSON.Position[]): [number, number] {
  const lats = ring.map((place) => place[1] ?? 0);
  const south = Math.min(...lats);
  const north = Math.max(...lats);
  let best: [number, number] = [ring[0]?.[0] ?? 0, ring[0]?.[1] ?? 0];
  let widest = -1;
  for (let cut = 3; cut <= 7; cut += 0.5) {
    const lat = south + ((north - south) * cut) / 10;
    const crossings = crossingsAt(ring, lat);
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      const west = crossings[index] ?? 0;
      const east = crossings[index + 1] ?? 0;
      if (east - west > widest) {
        widest = east - west;
        best = [(west + east) / 2, lat];
      }
    }
  }
  return best;
}

function crossingsAt(ring: GeoJSON.Position[], lat: number): number[] {
  const found: number[] = [];
  for (let index = 0; index < ring.length - 1; index += 1) {
    const [x1 = 0, y1 = 0] = ring[index] ?? [];
    const [x2 = 0, y2 = 0] = ring[index + 1] ?? [];
    if (y1 <= lat !== y2 <= lat) found.push(x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1));
  }
  return found.sort((a, b) => a - b);
}
