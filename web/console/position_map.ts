// The map on which a station's position is tapped; loaded only when somebody asks for it.

import * as L from "leaflet";
import { gcj02ToWgs84 } from "../shared/gcj02";
import { t } from "../shared/i18n";
import { createBaseMap } from "../shared/map";

interface Given {
  lon: number;
  lat: number;
  crs: string;
}

/** Show the map in `place`; `onPlace` hears every tap, in WGS-84. */
export function showPositionMap(
  place: HTMLElement,
  start: Given | null,
  onPlace: (lon: number, lat: number) => void,
): void {
  place.setAttribute("aria-label", t("console.position_map_help"));
  const { map } = createBaseMap(place);
  const at = (lat: number, lon: number): L.CircleMarker =>
    L.circleMarker([lat, lon], { radius: 9, className: "position-dot", interactive: false });
  let dot: L.CircleMarker | null = null;
  const put = (lat: number, lon: number): void => {
    dot?.remove();
    dot = at(lat, lon).addTo(map);
  };
  // BD-09 is only typed, never drawn: it would stand a kilometre off.
  if (start && start.crs !== "bd09") {
    const given = [start.lon, start.lat] as const;
    const [lon, lat] = start.crs === "gcj02" ? gcj02ToWgs84(given) : given;
    put(lat, lon);
    map.setView([lat, lon], 15);
  }
  map.on("click", (event: L.LeafletMouseEvent) => {
    const { lat, lng } = event.latlng.wrap();
    put(lat, lng);
    onPlace(lng, lat);
  });
}
