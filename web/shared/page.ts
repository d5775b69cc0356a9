// What the server put into the page: its configuration and its texts.

export interface TileConfig {
  url: string;
  subdomains: string;
  datum: "wgs84" | "gcj02" | "bd09";
  attribution: string;
  max_zoom: number;
}

export interface PageConfig {
  page: "courier" | "planner" | "console" | "docs";
  lang: "zh" | "en";
  version: string;
  hotline: string;
  demo: boolean;
  root_area: string;
  tiles: TileConfig | null;
  map_approval_number: string;
}

function readJson<Value>(id: string, missing: Value): Value {
  const text = typeof document === "undefined" ? null : document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as Value) : missing;
}

export const config: PageConfig = readJson("config", {
  page: "courier",
  lang: "zh",
  version: "",
  hotline: "12351",
  demo: false,
  root_area: "",
  tiles: null,
  map_approval_number: "",
});

export const messages: Readonly<Record<string, string>> = readJson("messages", {});

/** Keep the open station (the address after #) when the reader changes the language. */
export function keepPlaceOnLanguageSwitch(): void {
  const link = document.querySelector<HTMLAnchorElement>("a.language");
  link?.addEventListener("click", () => {
    link.hash = location.hash;
  });
}
