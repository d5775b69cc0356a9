// The downloads at the foot of a page: who is to be credited, and for which area they are.

import { queryString } from "./api";
import { t } from "./i18n";
import type { Source } from "./types";

/** Say whose data it is. */
export function creditDownloads(sources: readonly Source[]): void {
  const credits = sources.map(({ attribution, name, licence }) =>
    licence && licence !== "unknown"
      ? t("download.credit_one", { name: attribution || name, licence })
      : attribution || name,
  );
  const place = document.getElementById("download-credit");
  if (!place || !credits.length) return;
  place.textContent = t("download.credit", { sources: credits.join(t("download.separator")) });
}

/** Let the links give one area only; null gives all. */
export function downloadArea(area: string | null): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("#downloads [data-format]")) {
    link.href = `/v1/export?${queryString({ format: link.dataset.format, area })}`;
  }
}
