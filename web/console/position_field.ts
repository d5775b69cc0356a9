// Where a station is: tapped on a map, or typed as copied from a map provider.

import { button, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { icon } from "../shared/icons";
import { positionText, readPosition, typedPosition } from "./draft";

const DATUMS = ["gcj02", "wgs84", "bd09"] as const;

/** The field: what is known, the map on demand, and two numbers for those who have them. */
export function positionField(position: string): HTMLElement {
  const kept = el("input", { type: "hidden", name: "position" });
  kept.value = position;
  const words = el("p", { class: "position-words", id: "position-words", role: "status" });
  const mapPlace = el("div", { class: "position-map", id: "position-map", hidden: true });
  const typed = el("input", {
    type: "text",
    id: "position-typed",
    inputmode: "decimal",
    autocomplete: "off",
    placeholder: "121.5503, 29.8746",
    "aria-describedby": "position-problem",
  });
  const datum = el(
    "select",
    { id: "position-datum" },
    ...DATUMS.map((code) => el("option", { value: code }, t(`console.datum_${code}`))),
  );
  const problem = el("p", { class: "field-problem", id: "position-problem" });
  const open = button(t("console.position_open_map"), () => void openMap(), {}, "map");

  const set = (text: string): void => {
    kept.value = text;
    words.textContent = positionWords(text);
    kept.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const use = (): void => {
    const found = typedPosition(typed.value);
    problem.textContent = found ? "" : t("console.position_not_understood");
    if (found) set(positionText(found.lon, found.lat, datum.value));
  };
  const openMap = async (): Promise<void> => {
    open.setAttribute("aria-busy", "true");
    const { showPositionMap } = await import("./position_map");
    open.hidden = true;
    mapPlace.hidden = false;
    showPositionMap(mapPlace, readPosition(kept.value), (lon, lat) => {
      set(positionText(lon, lat, "wgs84"));
    });
  };
  kept.addEventListener("change", () => {
    words.textContent = positionWords(kept.value);
  });
  words.textContent = positionWords(position);
  return el(
    "div",
    { class: "field position" },
    words,
    kept,
    open,
    mapPlace,
    el(
      "details",
      { class: "fold" },
      el("summary", {}, icon("chevron"), el("span", {}, t("console.position_typed_heading"))),
      el("label", { for: "position-typed" }, t("console.position_typed")),
      typed,
      problem,
      el("label", { for: "position-datum" }, t("console.position_datum")),
      datum,
      button(t("console.position_use"), use),
    ),
    el("p", { class: "field-problem", "data-problem": "position" }),
  );
}

/** Show another position in the form. */
export function writePosition(form: HTMLFormElement, position: string): void {
  const kept = form.querySelector<HTMLInputElement>("[name=position]");
  if (!kept) return;
  kept.value = position;
  fillWith(form.querySelector("#position-words") ?? kept, positionWords(position));
}

/** A position in words. */
export function positionWords(text: string): string {
  const position = readPosition(text);
  if (!position) return t("console.position_none");
  return t("console.position_is", {
    lon: position.lon.toFixed(5),
    lat: position.lat.toFixed(5),
    datum: t(`console.datum_${position.crs}`),
  });
}
