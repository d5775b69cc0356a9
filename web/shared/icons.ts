// Line icons on a 24 by 24 grid, drawn for this project; names are those of the taxonomy.

const SVG = "http://www.w3.org/2000/svg";

const PATHS: Readonly<Record<string, string>> = {
  cup: "M4 9h12v6a5 5 0 0 1-5 5H9a5 5 0 0 1-5-5ZM16 11h1.5a3 3 0 0 1 0 6H16M8 6c-1-1 1-2 0-3M12 6c-1-1 1-2 0-3",
  baby: "M12 3a6 6 0 0 1 6 6v1a6 6 0 0 1-12 0V9a6 6 0 0 1 6-6ZM9.5 9.5v.1M14.5 9.5v.1M10 12.5a3 3 0 0 0 4 0M12 3c0 1.5 1.5 2 2.5 1.5M8 16l-2 5M16 16l2 5",
  truck:
    "M3 6h11v10H3ZM14 9h4l3 3.5V16h-7ZM7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  desk: "M3 10h18M5 10v10M19 10v10M9 14h6M12 3a2.5 2.5 0 0 1 0 5 2.5 2.5 0 0 1 0-5Z",
  scales: "M12 3v18M7 21h10M5 6h14M5 6l-3 7a3.2 3.2 0 0 0 6 0ZM19 6l-3 7a3.2 3.2 0 0 0 6 0Z",
  tools:
    "M4 4l6 6M3 7l4-4M10 10l-7 7a2.1 2.1 0 0 0 3 3l7-7M13 13l6 6M15 9a4.5 4.5 0 0 1 5-6l-2.5 2.5 1 1L21 4a4.5 4.5 0 0 1-6 5Z",
  bulb: "M9 18h6M10 21h4M12 3a6 6 0 0 1 3.5 10.9c-.5.6-.5 1.1-.5 2.1H9c0-1 0-1.5-.5-2.1A6 6 0 0 1 12 3Z",
  book: "M12 6c-2-1.5-5-2-8-2v14c3 0 6 .5 8 2 2-1.5 5-2 8-2V4c-3 0-6 .5-8 2ZM12 6v14",
  stage: "M3 9l9-6 9 6M4 20h16M6 20V10M10 20V10M14 20V10M18 20V10",
  ball: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM5 6c4 3 4 9 0 12M19 6c-4 3-4 9 0 12",
  leaf: "M5 19c0-9 5-14 15-15 0 10-5 15-12 14M4 21c1-5 4-8 8-10",
  card: "M3 6h18v12H3ZM3 10h18M6 15h4",
  drop: "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11Z",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  snow: "M12 2v20M3.3 7l17.4 10M20.7 7L3.3 17M9 4l3 3 3-3M9 20l3-3 3 3",
  cross: "M3 7h18v13H3ZM9 7V4h6v3M12 10.5v6M9 13.5h6",
  microwave: "M2 6h20v12H2ZM5 9h10v6H5ZM18.5 9.5v.1M18.5 12v.1M18.5 14.5v.1M5 18v2M19 18v2",
  fridge: "M6 2h12v20H6ZM6 10h12M9 5v2M9 13v4",
  plug: "M9 2v6M15 2v6M6 8h12v3a6 6 0 0 1-12 0ZM12 17v5",
  wifi: "M2.5 9a14 14 0 0 1 19 0M5.5 12.5a9.5 9.5 0 0 1 13 0M8.8 16a5 5 0 0 1 6.4 0M12 19.5v.1",
  umbrella: "M12 4a9 9 0 0 1 9 9H3a9 9 0 0 1 9-9ZM12 2v2M12 13v6a2 2 0 0 0 4 0",
  chair: "M7 3v10h10V3M7 13v8M17 13v8M7 17h10",
  wrench:
    "M14 8a5 5 0 0 1 6-5l-3 3 1 2 2 1 2-2a5 5 0 0 1-6.5 5.5L8 20a2.3 2.3 0 0 1-4-3l8.5-7A5 5 0 0 1 14 8Z",
  toilet: "M8 3v.1M16 3v.1M6 7h4l1 6H9.5L9 21H7l-.5-8H5ZM16 7l3 7h-2v7h-2v-7h-2Z",
  heart:
    "M12 20C6 15.5 3 12.5 3 8.8A4.8 4.8 0 0 1 12 6.5a4.8 4.8 0 0 1 9 2.3c0 3.7-3 6.7-9 11.2ZM4 12h4l2-3 3 5 1.5-2H20",
  bolt: "M13 2L5 13h6l-1 9 8-12h-6Z",
  parking: "M4 3h16v18H4ZM9 17V7h4a3 3 0 0 1 0 6H9",
  shower:
    "M4 21V6a3 3 0 0 1 6 0v1M6 11a4 4 0 0 1 8 0ZM8 14v.1M12 14v.1M10 17v.1M14 17v.1M8 20v.1M12 20v.1",
  bed: "M3 6v13M3 15h18v4M21 15v-2a3 3 0 0 0-3-3h-8v5M6.5 9a1.7 1.7 0 1 1 0 3.4 1.7 1.7 0 0 1 0-3.4Z",
  lock: "M5 11h14v10H5ZM8 11V8a4 4 0 0 1 8 0v3M12 15v2",
  sink: "M3 13h18c0 4-3 6-6 6H9c-3 0-6-2-6-6ZM12 13V6a2.5 2.5 0 0 1 5 0v1M9 10h6",
  target: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2v4M12 18v4M2 12h4M18 12h4",
  pin: "M12 22c-4-5-7-8.5-7-12a7 7 0 0 1 14 0c0 3.5-3 7-7 12ZM12 7.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5Z",
  check: "M4 12.5l5 5L20 6.5",
  close: "M5 5l14 14M19 5L5 19",
  question: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18v.1",
  warning: "M12 3l10 18H2ZM12 10v5M12 18v.1",
  clock: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM12 7v5l3.5 2",
  door: "M6 21V3h12v18M3 21h18M14.5 12v.1",
  moon: "M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z",
  navigate: "M12 3l8 18-8-4-8 4Z",
  copy: "M8 8h12v13H8ZM16 8V3H4v13h4",
  filter: "M3 5h18M6 12h12M10 19h4",
  chevron: "M6 9l6 6 6-6",
  phone:
    "M5 3h4l2 5-2.5 2a12 12 0 0 0 5.5 5.5l2-2.5 5 2v4a2 2 0 0 1-2 2A17 17 0 0 1 3 5a2 2 0 0 1 2-2Z",
  search: "M10.5 3a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15ZM16 16l5 5",
  back: "M14 5l-7 7 7 7",
  stairs: "M3 20h5v-5h5v-5h5V5h3",
  calendar: "M4 5h16v16H4ZM4 10h16M8 3v4M16 3v4M8 14h.1M12 14h.1M16 14h.1M8 17.5h.1M12 17.5h.1",
  download: "M12 3v12M7 10.5l5 5 5-5M4 20h16",
  upload: "M12 16V4M7 8.5l5-5 5 5M4 20h16",
  plus: "M12 5v14M5 12h14",
  info: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM12 11v5M12 7.8v.1",
  map: "M9 4L3 6.5v14L9 18l6 2.5 6-2.5V4l-6 2.5ZM9 4v14M15 6.5v14",
  undo: "M9 5L4 10l5 5M4 10h10a6 6 0 0 1 0 12h-3",
  pencil: "M4 20l1-5L16 4l4 4L9 19ZM13.5 6.5l4 4",
};

/** An icon that says nothing by itself: the words beside it do. */
export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name] ?? PATHS.pin ?? "");
  svg.append(path);
  return svg;
}
