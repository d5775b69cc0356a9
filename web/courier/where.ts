// Where the courier is, by the device; every failure has a sentence that offers the other ways.

import { t } from "../shared/i18n";
import type { Origin } from "./query";

const DENIED = 1;
const TIMED_OUT = 3;

/** A position that could not be had; the message is for the reader. */
export class WhereError extends Error {}

/** Ask the device. On plain http browsers refuse without asking, so that is said first. */
export function askDevice(): Promise<Origin> {
  if (!window.isSecureContext) return Promise.reject(new WhereError(t("courier.locate_insecure")));
  if (!navigator.geolocation) return Promise.reject(new WhereError(t("courier.locate_missing")));
  return new Promise((resolve, reject) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({
          lon: coords.longitude,
          lat: coords.latitude,
          by: "device",
          name: "",
          accuracyM: Math.round(coords.accuracy),
        }),
      (error) => reject(new WhereError(refusal(error.code))),
      { enableHighAccuracy: true, timeout: 12_000, maximumAge: 20_000 },
    );
  });
}

/** Whether the device would answer without asking the courier again. */
export async function deviceIsAllowed(): Promise<boolean> {
  if (!window.isSecureContext || !navigator.permissions) return false;
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    return false;
  }
}

function refusal(code: number): string {
  if (code === DENIED) return t("courier.locate_denied");
  return t(code === TIMED_OUT ? "courier.locate_slow" : "courier.locate_failed");
}
