// The content of a pop-up: a heading and lines, as text.

import type * as L from "leaflet";

/** So that neither the zoom buttons nor the layers cover a pop-up, on a phone too. */
export const POPUP: L.PopupOptions = {
  maxWidth: 220,
  autoPanPaddingTopLeft: [56, 12],
  autoPanPaddingBottomRight: [64, 12],
};

/** Make the element; nothing in it is read as markup. */
export function popupContent(heading: string, ...groups: string[][]): HTMLElement {
  const box = document.createElement("div");
  box.className = "map-popup";
  append(box, "strong", heading);
  for (const group of groups) {
    const list = append(box, "ul", "");
    for (const line of group) append(list, "li", line);
  }
  return box;
}

function append(parent: HTMLElement, tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  parent.append(made);
  return made;
}
