// A door's state in words: never by colour alone, and never a guess.

import { hasText, t } from "./i18n";
import type { OpenState } from "./types";
import { clockTime, wholeMinutes } from "./units";

export type Tone = "good" | "soon" | "bad" | "unsure";

export interface OpenWords {
  tone: Tone;
  iconName: string;
  words: string;
}

const SOON_MINUTES = 180;

/** Words for the state on arrival. `status` overrides hours: a station may be closed for now. */
export function openWords(open: OpenState, status: string): OpenWords {
  if (status !== "active") {
    return { tone: "bad", iconName: "close", words: t(`open.status_${status}`) };
  }
  if (open.closed_for && open.on_arrival !== true) {
    return { tone: "bad", iconName: "close", words: closureWords(open.closed_for, open) };
  }
  if (open.state === "unknown" || open.on_arrival === null) {
    return { tone: "unsure", iconName: "question", words: t("open.unknown") };
  }
  if (open.on_arrival) return openOnArrival(open);
  return { tone: "bad", iconName: "close", words: closedWords(open) };
}

/** What is not sure about the hours, in a sentence; null where nothing is. */
export function openNote(open: OpenState): string | null {
  const key = `open.note_${open.note}`;
  return open.note && hasText(key) ? t(key) : null;
}

function closureWords(reason: string, open: OpenState): string {
  return open.next_change
    ? t("open.closed_for_until", { reason, time: clockTime(open.next_change) })
    : t("open.closed_for", { reason });
}

function openOnArrival(open: OpenState): OpenWords {
  const left = open.closes_in_minutes;
  if (open.state === "closed" || open.state === "opens_soon") {
    return { tone: "good", iconName: "check", words: t("open.opens_before_arrival") };
  }
  if (left === null) return { tone: "good", iconName: "check", words: t("open.always") };
  if (left > SOON_MINUTES) {
    const words = open.next_change
      ? t("open.open_until", { time: clockTime(open.next_change) })
      : t("open.open");
    return { tone: "good", iconName: "check", words };
  }
  const tone: Tone = open.state === "closes_soon" || left <= 30 ? "soon" : "good";
  const words = t("open.closes_in", { minutes: wholeMinutes(left) });
  return { tone, iconName: tone === "soon" ? "clock" : "check", words };
}

function closedWords(open: OpenState): string {
  const time = open.next_change ? clockTime(open.next_change) : null;
  if (open.state === "open" || open.state === "closes_soon") {
    return t("open.closes_before_arrival");
  }
  if (time === null) return t("open.closed");
  return t(open.state === "opens_soon" ? "open.opens_soon" : "open.closed_until", { time });
}
