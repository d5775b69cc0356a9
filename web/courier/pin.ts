// The numbered pin, the same on the map and on the card. Colours are attributes of the SVG: the
// content security policy forbids style attributes.

const DROP = "M22 50C12 37 4 29 4 19.5a18 18 0 0 1 36 0C40 29 32 37 22 50Z";

/** The SVG of a pin with its number, or with a dot; `colour` comes from the taxonomy, checked here all the same. */
export function pinMarkup(number: number | null, colour: string): string {
  const fill = /^#[0-9a-f]{6}$/i.test(colour) ? colour : "#475569";
  return (
    `<svg class="pin" viewBox="0 0 44 52" width="44" height="52" aria-hidden="true" focusable="false">` +
    `<path d="${DROP}" fill="${fill}" stroke="#ffffff" stroke-width="2.5"/>` +
    (number === null
      ? `<circle cx="22" cy="20" r="6" fill="#ffffff"/></svg>`
      : `<text x="22" y="26" text-anchor="middle" fill="#ffffff" font-size="18" font-weight="700">${number}</text></svg>`)
  );
}

/** The SVG of an event's flag: another shape than a station's, to be told apart without colour. */
export function eventMarkup(): string {
  return (
    `<svg class="pin" viewBox="0 0 44 52" width="44" height="52" aria-hidden="true" focusable="false">` +
    `<path d="M6 4h32v30H25l-3 14-3-14H6Z" fill="#1e3a8a" stroke="#ffffff" stroke-width="2.5"/>` +
    `<path d="M13 12h18v15H13ZM13 17h18M18 9v5M26 9v5" fill="none" stroke="#ffffff" stroke-width="2.2"/></svg>`
  );
}
