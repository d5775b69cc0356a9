// WGS-84 to GCJ-02 and back, and a Leaflet CRS that lays our data on maps shifted to GCJ-02.
//
// The same published formulas as geo/coordinates.py: the Krasovsky 1940 ellipsoid, and fixed-point
// iteration for the inverse, since one step errs by up to 2.24 m.

import type * as Leaflet from "leaflet";

export type LonLat = readonly [lon: number, lat: number];

const RADIUS_M = 6_378_245;
const ECCENTRICITY_SQUARED = 0.006693421622965943;
const INVERSE_ROUNDS = 5;
// Outside this box no provider shifts coordinates; it is the box that providers' own code uses.
const SHIFTED_BOX = { west: 72.004, south: 0.8293, east: 137.8347, north: 55.8271 };

/** The GCJ-02 position of a WGS-84 one, degrees. */
export function wgs84ToGcj02([lon, lat]: LonLat): LonLat {
  return isShifted(lon, lat) ? shifted(lon, lat) : [lon, lat];
}

/** The WGS-84 position whose GCJ-02 position is the given one, degrees. */
export function gcj02ToWgs84([lon, lat]: LonLat): LonLat {
  if (!isShifted(lon, lat)) return [lon, lat];
  let foundLon = lon;
  let foundLat = lat;
  for (let round = 0; round < INVERSE_ROUNDS; round += 1) {
    const [thereLon, thereLat] = shifted(foundLon, foundLat);
    foundLon += lon - thereLon;
    foundLat += lat - thereLat;
  }
  return [foundLon, foundLat];
}

/** Give `leaflet` the CRS `L.CRS.GCJ02` and return it: WGS-84 in, tiles in shifted Mercator. */
export function registerGcj02(leaflet: typeof Leaflet): Leaflet.CRS {
  const mercator = leaflet.Projection.SphericalMercator;
  const projection: Leaflet.Projection = {
    bounds: mercator.bounds,
    project(place) {
      const [lon, lat] = wgs84ToGcj02([place.lng, place.lat]);
      return mercator.project(leaflet.latLng(lat, lon));
    },
    unproject(point) {
      const place = mercator.unproject(point);
      const [lon, lat] = gcj02ToWgs84([place.lng, place.lat]);
      return leaflet.latLng(lat, lon);
    },
  };
  const crs = leaflet.Util.extend({}, leaflet.CRS.EPSG3857, { projection }) as Leaflet.CRS;
  (leaflet.CRS as unknown as Record<string, Leaflet.CRS>).GCJ02 = crs;
  return crs;
}

function isShifted(lon: number, lat: number): boolean {
  const box = SHIFTED_BOX;
  return lon >= box.west && lon <= box.east && lat >= box.south && lat <= box.north;
}

function shifted(lon: number, lat: number): LonLat {
  const { PI, sin, sqrt, abs } = Math;
  const x = lon - 105;
  const y = lat - 35;
  const root = sqrt(abs(x));
  const waves = 20 * sin(6 * PI * x) + 20 * sin(2 * PI * x);
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root;
  north += ((waves + 20 * sin(PI * y) + 40 * sin((PI * y) / 3)) * 2) / 3;
  north += ((160 * sin((PI * y) / 12) + 320 * sin((PI * y) / 30)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root;
  east += ((waves + 20 * sin(PI * x) + 40 * sin((PI * x) / 3)) * 2) / 3;
  east += ((150 * sin((PI * x) / 12) + 300 * sin((PI * x) / 30)) * 2) / 3;

  const latRad = (lat * PI) / 180;
  const flattening = 1 - ECCENTRICITY_SQUARED * sin(latRad) ** 2;
  const meridianM = (RADIUS_M * (1 - ECCENTRICITY_SQUARED)) / (flattening * sqrt(flattening));
  const parallelM = (RADIUS_M / sqrt(flattening)) * Math.cos(latRad);
  return [lon + ((east / parallelM) * 180) / PI, lat + ((north / meridianM) * 180) / PI];
}
