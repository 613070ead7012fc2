/** What the counts of a webinar's dates come to, and the one word for how it fares. */

import { OUTCOME_NAMES, type Counts, type Webinar } from "@rollcall/shared";

export interface Status {
  word: "Off" | "Needs attention" | "Waiting for Zoom" | "Syncing" | "Healthy";
  variant: "default" | "danger" | "warning" | "info" | "success";
}

/** Of dates that take or took place. */
const HELD = new Set(["started", "ended"]);
const NONE: Counts = { in_sync: 0, excluded: 0, failing: 0, waiting: 0 };

/** The counts added up. */
export function sumOf(counts: Counts[]): Counts {
  return counts.reduce((sum, one) => {
    const added = OUTCOME_NAMES.map((name) => [name, sum[name] + one[name]]);
    return Object.fromEntries(added) as unknown as Counts;
  }, NONE);
}

/** People of all dates of a webinar, and those registered for the series. */
export function countsOf(webinar: Webinar): Counts {
  return sumOf(partsOf(webinar).map(({ counts }) => counts));
}

/** People in Zoom whom no count holds, over all dates; 0 is in balance. */
export function unexplainedOf(webinar: Webinar): number {
  return partsOf(webinar).reduce((sum, part) => sum + Math.abs(part.unexplained ?? 0), 0);
}

/** How the webinar fares: the first that holds. */
export function statusOf(webinar: Webinar): Status {
  const counts = countsOf(webinar);
  const isOverdue = webinar.occurrences.some(({ overdue }) => overdue);
  if (!webinar.effective.webinar) return { word: "Off", variant: "default" };
  if (counts.failing > 0 || isOverdue || unexplainedOf(webinar) > 0) {
    return { word: "Needs attention", variant: "danger" };
  }
  if (webinar.occurrences.some(({ status, settled_at }) => HELD.has(status) && !settled_at)) {
    return { word: "Waiting for Zoom", variant: "warning" };
  }
  if (counts.waiting > 0) return { word: "Syncing", variant: "info" };
  return { word: "Healthy", variant: "success" };
}

function partsOf({ occurrences, registrations }: Webinar) {
  return registrations ? [registrations, ...occurrences] : occurrences;
}
