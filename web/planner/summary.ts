// The headline, the four classes that add up to the total, and the line that says how and when.

import { el, fillWith } from "../shared/dom";
import { hasText, inPageLanguage, listed, t } from "../shared/i18n";
import { kindLabel } from "../shared/taxonomy";
import { CLASSES, type Classes, type Coverage, crossCovered, type Remark } from "./figures";
import { countWords, instantWords, minutesWords, NO_NUMBER, partWords } from "./numbers";

/** The figures that a planner is asked for first; beside each what counts of it for certain. */
export function drawHeadline(list: HTMLElement, coverage: Coverage): void {
  const { demand, effective, minutes, nearest } = coverage;
  const { residents, workers } = demand;
  const cross = crossCovered(coverage.backup);
  const sure = effective.demand;
  fillWith(
    list,
    figure(
      t("planner.figure_served", { minutes }),
      partWords(residents.served, residents.total),
      t("planner.of", { part: countWords(residents.served), total: countWords(residents.total) }),
      partWords(sure.residents.served, sure.residents.total),
    ),
    figure(
      t("planner.figure_uncovered"),
      countWords(residents.uncovered),
      partWords(residents.uncovered, residents.total),
      countWords(sure.residents.uncovered),
    ),
    figure(
      t("planner.figure_cross"),
      partWords(cross, residents.total),
      t("planner.figure_cross_help", { people: countWords(cross) }),
      partWords(crossCovered(effective.backup), residents.total),
    ),
    figure(
      t("planner.figure_workers"),
      partWords(workers.served, workers.total),
      t("planner.of", { part: countWords(workers.served), total: countWords(workers.total) }),
      partWords(sure.workers.served, sure.workers.total),
    ),
    figure(
      t("planner.figure_median"),
      residents.total ? minutesWords(nearest.median_minutes, minutes) : NO_NUMBER,
      t("planner.figure_median_help"),
    ),
    figure(
      t("planner.figure_p90"),
      residents.total ? minutesWords(nearest.p90_minutes, minutes) : NO_NUMBER,
      t("planner.figure_p90_help"),
    ),
  );
}

/** What the service says where figures or map may look empty. */
export function drawRemarks(box: HTMLElement, remarks: readonly Remark[]): void {
  fillWith(
    box,
    ...remarks.map((remark) =>
      el("li", { class: "notice notice-warning" }, inPageLanguage(remark)),
    ),
  );
}

/** What "counts for certain" means. */
export function effectiveWords({ effective, at }: Coverage): string {
  return t(at === null ? "planner.effective_note" : "planner.effective_note_at", {
    when: at === null ? "" : instantWords(at),
    days: effective.within_days,
    stations: countWords(effective.stations),
  });
}

/** Residents and workers: a bar and the sum in numbers. */
export function drawSums(box: HTMLElement, coverage: Coverage): void {
  fillWith(
    box,
    sum(t("planner.residents"), coverage.demand.residents),
    sum(t("planner.workers"), coverage.demand.workers),
  );
}

/** How, when, of which data, and which stations were not counted. */
export function methodWords(coverage: Coverage): string {
  const profile = t(`planner.profile_${coverage.profile}`);
  const parts = [
    t(`planner.method_${coverage.method}`, { profile, speed: coverage.speed_kmh }),
    ...(coverage.at === null ? [] : [t("planner.open_at", { when: instantWords(coverage.at) })]),
    t("planner.counted_kinds", {
      stations: countWords(coverage.stations.counted),
      kinds: listed(coverage.kinds.map(kindLabel)),
    }),
  ];
  const left = Object.entries(coverage.stations.left_out).filter(([, count]) => count > 0);
  if (left.length > 0) {
    const reasons = left.map(([reason, count]) => {
      const key = `planner.left_out_${reason}`;
      return t("planner.left_out_one", {
        reason: hasText(key) ? t(key) : reason,
        count: countWords(count),
      });
    });
    parts.push(t("planner.left_out", { reasons: listed(reasons) }));
  }
  if (coverage.served_if_unknown_open) {
    const people = countWords(coverage.served_if_unknown_open.residents);
    parts.push(t("planner.served_if_unknown_open", { people }));
  }
  const { network } = coverage;
  if (network?.osm_timestamp) {
    parts.push(t("planner.streets_of", { when: instantWords(network.osm_timestamp) }));
  }
  const when = instantWords(coverage.as_of);
  parts.push(t("planner.as_of", { when, version: coverage.data_version }));
  const credits = [...coverage.sources.map((one) => one.attribution), network?.attribution];
  const sources = listed([...new Set(credits.filter((one): one is string => !!one))]);
  if (sources) parts.push(t("planner.sources", { sources }));
  if (coverage.demo) parts.push(t("planner.demo_line"));
  return parts.join(t("planner.sentence_end"));
}

function figure(name: string, value: string, help: string, effective?: string): HTMLElement {
  return el(
    "li",
    { class: "figure" },
    el("span", { class: "figure-name" }, name),
    el("strong", { class: "figure-value" }, value),
    el("span", { class: "figure-help" }, help),
    effective !== undefined &&
      el("span", { class: "figure-effective" }, t("planner.effective", { value: effective })),
  );
}

function sum(name: string, classes: Classes): HTMLElement {
  const list = el("ul", { class: "sum-parts" });
  for (const one of CLASSES) {
    const value = classes[one];
    list.append(
      el(
        "li",
        { class: value === 0 ? "sum-nobody" : "" },
        el("span", { class: `sum-swatch sum-${one}`, "aria-hidden": "true" }),
        t(`planner.class_${one}`),
        el("span", { class: "sum-number" }, countWords(value)),
      ),
    );
  }
  return el(
    "div",
    { class: "sum" },
    el("h3", {}, name, el("span", { class: "sum-total" }, countWords(classes.total))),
    bar(classes),
    list,
  );
}

/** Widths are set by script: the page's security policy allows no style in markup. */
function bar(classes: Classes): HTMLElement {
  const made = el("div", { class: "sum-bar", "aria-hidden": "true" });
  for (const one of CLASSES) {
    const part = el("span", { class: `sum-${one}` });
    part.style.flexGrow = String(classes[one]);
    if (classes[one] > 0) made.append(part);
  }
  return made;
}
