// The numbered pin, the same on the map and on the card. Colours are attributes of the SVG: the
// content security policy forbids style attributes.

const DROP = "M22 50C12 37 4 29 4 19.5a18 18 0 0 1 36 0C40 29 32 37 22 50Z";

/** The SVG of a pin with its number; `colour` comes from the taxonomy, checked here all the same. */
export function pinMarkup(number: number, colour: string): string {
  const fill = /^#[0-9a-f]{6}$/i.test(colour) ? colour : "#475569";
  return (
    `<svg class="pin" viewBox="0 0 44 52" width="44" height="52" aria-hidden="true" focusable="false">` +
    `<path d="${DROP}" fill="${fill}" stroke="#ffffff" stroke-width="2.5"/>` +
    `<text x="22" y="26" text-anchor="middle" fill="#ffffff" font-size="18" font-weight="700">${number}</text></svg>`
  );
}
