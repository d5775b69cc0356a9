// The station that was asked for by name: its card above the others, until it is put away.

import { getJson, isAbort, sentence } from "../shared/api";
import { button, byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import type { Listing } from "../shared/types";
import { type CardContext, stationCard } from "./cards";

interface Handlers {
  context: () => Omit<CardContext, "number">;
  /** The station is there, or was put away. */
  onShown: (station: Listing | null) => void;
  /** Search from where the station is. */
  onNear: (station: Listing) => void;
  hasOrigin: () => boolean;
}

export interface Sought {
  open(code: string): Promise<void>;
  close(): void;
}

/** Show the stations that are asked for in the place for them. */
export function setUpSought(handlers: Handlers): Sought {
  let asking: AbortController | null = null;

  const close = (): void => {
    asking?.abort();
    fillWith(byId("sought"));
    handlers.onShown(null);
  };

  const show = (station: Listing): void => {
    const list = el(
      "ol",
      { class: "cards" },
      stationCard(station.properties, { ...handlers.context(), number: null }),
    );
    fillWith(
      byId("sought"),
      el("h2", { class: "sought-heading", tabindex: "-1" }, t("courier.sought")),
      list,
      !handlers.hasOrigin() && el("p", { class: "hint" }, t("courier.sought_no_minutes")),
      el(
        "div",
        { class: "sought-buttons" },
        button(t("courier.sought_near"), () => handlers.onNear(station), {}, "search"),
        button(t("courier.sought_close"), close, {}, "close"),
      ),
    );
    handlers.onShown(station);
    byId("sought").querySelector<HTMLElement>(".sought-heading")?.focus({ preventScroll: true });
    byId("sought").scrollIntoView({ block: "nearest" });
  };

  const open = async (code: string): Promise<void> => {
    asking?.abort();
    const ours = new AbortController();
    asking = ours;
    try {
      const path = `/v1/stations/${encodeURIComponent(code)}`;
      const station = await getJson<Listing>(path, ours.signal);
      if (!ours.signal.aborted) show(station);
    } catch (error) {
      if (isAbort(error) || ours.signal.aborted) return;
      const words = el("p", { class: "notice notice-warning", role: "alert" }, sentence(error));
      fillWith(byId("sought"), words);
    }
  };

  return { open, close };
}
