/** Outcomes, reasons, writes and times in the words users know. */

import type { Counts } from "./api-types";

export type Outcome = keyof Counts;

/** The four words, and the colour beside each; never the colour alone. */
export const OUTCOMES: Record<
  Outcome,
  { word: string; variant: "success" | "default" | "danger" | "warning" }
> = {
  in_sync: { word: "In sync", variant: "success" },
  excluded: { word: "Excluded", variant: "default" },
  failing: { word: "Failing", variant: "danger" },
  waiting: { word: "Waiting", variant: "warning" },
};
export const OUTCOME_NAMES = Object.keys(OUTCOMES) as Outcome[];

const REASONS: Record<string, string> = {
  hubspot_user: "The address belongs to a user of this HubSpot account.",
  excluded_domain: "The address has a domain that is excluded in the settings.",
  invalid_email: "The address is not valid.",
  secondary_email: "The address is a secondary one of this contact.",
  no_email: "Zoom gave no address.",
  unmatched: "Nobody knows whose stay it is.",
  deleted_contact: "The contact was deleted in HubSpot.",
  privacy_deleted: "The person's data was erased on their demand.",
  role: "Hosts and panelists are not attendees.",
  denied: "The host denied the registration.",
  not_approved: "The registration was never approved.",
  sync_off: "Sync is off for this webinar.",
  zoom_events: "The webinar belongs to a Zoom Event, which is not supported.",
  provisional: "Zoom's attendance is not complete yet.",
  unconfirmed: "HubSpot has not confirmed the write yet.",
  held_secondary: "Held until somebody decides about the secondary address.",
  plugin_unavailable: "Waits for a plugin that is not available.",
  rate_limited: "Waits for HubSpot's limit on requests.",
  reconnect: "Waits for a connection: connect again in Rollcall.",
  queued: "Is about to be synced.",
  retrying: "Did not work yet, and is tried again.",
  pending_approval: "The registration waits for the host's approval.",
  rejected: "HubSpot refused the write.",
  plugin_failed: "A plugin failed for this person.",
  not_confirmed: "HubSpot never confirmed the write.",
};

const WRITES: Record<string, string> = {
  contact: "Contact's properties",
  register: "Registration on the marketing event",
  cancel: "Cancellation on the marketing event",
  attend: "Attendance on the marketing event",
  app_registered: "Registration on the timeline",
  app_attended: "Attendance on the timeline",
  app_recording: "Recording on the timeline",
  call_contact: "Call record of the recording",
};

/** The rule's own words where there are some, else what its code stands for. */
export function sayReason(reason: string, detail: string): string {
  return detail || REASONS[reason] || reason.replace(/^plugin:/, "Plugin ");
}

/** What was written in HubSpot. */
export function sayWrite(effect: string): string {
  return WRITES[effect] ?? effect.replace(/_/g, " ");
}

/** `47 min (78 %)`. */
export function sayAttendance(seconds: number, percent: number): string {
  if (seconds <= 0) return "Did not attend";
  const minutes = seconds < 60 ? "under 1 min" : `${Math.round(seconds / 60)} min`;
  return `${minutes} (${Math.round(percent)} %)`;
}

/** A moment in the portal's time zone, or what to say where there is none. */
export function sayTime(
  moment: string | null,
  timeZone: string,
  otherwise = "No fixed time",
): string {
  if (moment === null) return otherwise;
  return new Intl.DateTimeFormat("en", {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone,
  }).format(new Date(moment));
}
