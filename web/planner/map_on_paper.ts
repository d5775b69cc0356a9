// The map on paper: what was in sight on the screen is in sight there, whatever its size.

import * as L from "leaflet";

const PADDING = L.point(8, 8);

/** Fit the map whenever the page around it is printed, and go back afterwards. */
export function fitToPaper(map: L.Map, area: () => L.LatLngBounds | null): void {
  let onScreen: { center: L.LatLng; zoom: number; bounds: L.LatLngBounds } | null = null;
  window.addEventListener("beforeprint", () => {
    const size = map.getSize(); // and the bounds are still those of before
    const before = { center: map.getCenter(), zoom: map.getZoom(), bounds: map.getBounds() };
    map.invalidateSize({ pan: false });
    if (onScreen === null && map.getSize().equals(size)) return; // a map that is printed alone
    onScreen ??= { ...before, bounds: within(before.bounds, area()) };
    map.fitBounds(onScreen.bounds, { animate: false, padding: PADDING });
    settle(map.getContainer());
  });
  window.addEventListener("afterprint", () => {
    if (onScreen === null) return;
    map.invalidateSize({ pan: false });
    map.setView(onScreen.center, onScreen.zoom, { animate: false });
    onScreen = null;
  });
}

/** Chromium prints what was just drawn stroke by stroke, and Leaflet's clearing of its canvas would
 * wipe the cells under it off the paper. Once a canvas was read it is printed as a picture.
 */
function settle(container: HTMLElement): void {
  for (const canvas of container.querySelectorAll("canvas")) {
    canvas.getContext("2d")?.getImageData(0, 0, 1, 1);
  }
}

/** Without what is beyond the area: there is nothing to see. */
function within(inSight: L.LatLngBounds, area: L.LatLngBounds | null): L.LatLngBounds {
  if (!area?.isValid() || !area.intersects(inSight)) return inSight;
  return L.latLngBounds(
    [Math.max(inSight.getSouth(), area.getSouth()), Math.max(inSight.getWest(), area.getWest())],
    [Math.min(inSight.getNorth(), area.getNorth()), Math.min(inSight.getEast(), area.getEast())],
  );
}
