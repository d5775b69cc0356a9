// The panel of the 24-hour curve: asks for it once for each question, whatever its time.

import { isAbort } from "../shared/api";
import { button, byId, el, fillWith } from "../shared/dom";
import { t } from "../shared/i18n";
import { drawCurve } from "./curve";
import type { Curve } from "./day_curve";
import { patiently } from "./patience";
import { hoursPath, type Question } from "./question";
import { plainSentence } from "./refusals";

let asking: AbortController | null = null;
let shownPath = "";
let shown: Curve | null = null;

/** Show the curve of a question whose residents are `total`; `onTime` is told of another hour. */
export async function showDay(
  question: Question,
  total: number,
  onTime: (at: string) => void,
): Promise<void> {
  const box = byId("curve");
  const path = hoursPath(question);
  const draw = (curve: Curve): void => drawCurve(box, { curve, total, at: question.at, onTime });
  if (path === shownPath) {
    if (shown) draw(shown);
    return;
  }
  asking?.abort();
  const own = new AbortController();
  asking = own;
  shownPath = path;
  shown = null;
  box.setAttribute("aria-busy", "true");
  try {
    const curve = await patiently<Curve>(path, { signal: own.signal });
    if (own.signal.aborted) return;
    shown = curve;
    draw(curve);
  } catch (error) {
    if (isAbort(error) || own.signal.aborted) return;
    shownPath = "";
    const again = (): void => void showDay(question, total, onTime);
    fillWith(
      box,
      el("p", { class: "notice notice-error" }, plainSentence(error)),
      button(t("common.retry"), again),
    );
  } finally {
    if (asking === own) box.removeAttribute("aria-busy");
  }
}
