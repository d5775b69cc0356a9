// The page on paper: the map's frame gets its size there before the page is printed, for a map cannot
// be laid out anew meanwhile.

import { byId } from "../shared/dom";

// An operator's tiles for the paper's map have to come first.
const LOADED_MS = 800;

/** Make the map ready whenever the browser prints. */
export function setUpPaper(): void {
  window.addEventListener("beforeprint", layOut);
  window.addEventListener("afterprint", () => {
    document.body.classList.remove("printing");
    tellFrame("afterprint");
  });
}

export function printPage(): void {
  layOut();
  window.setTimeout(() => window.print(), LOADED_MS);
}

function layOut(): void {
  document.body.classList.add("printing");
  tellFrame("beforeprint");
}

/** At once: a posted message would come after the printing. Browsers may tell the frame again. */
function tellFrame(name: string): void {
  byId<HTMLIFrameElement>("map").contentWindow?.dispatchEvent(new Event(name));
}
