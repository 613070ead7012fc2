// Made by marketplace/hubspot/api_types.py from the API's own description; not by hand.

export interface Connection {
  portal_id: string;
  hubspot: HubSpotConnection;
  zoom: ZoomConnection[];
  timeline: Timeline;
}

export interface HubSpotConnection {
  status: string;
  scopes: string[];
  connected_by: string;
  connected_at: string | null;
  not_answering: Outage | null;
}

export interface Outage {
  since: string;
  next_try_at: string;
}

export interface ZoomConnection {
  account_id: string;
  status: string;
  scopes: string[];
  connected_by: string;
  connected_at: string;
  business_unit: string;
  reduced: boolean;
  not_answering: Outage | null;
}

export interface Timeline {
  marketing_events: "on" | "no_scope";
  app_events: "on" | "off" | "no_scope";
}

export interface ConsoleLink {
  url: string;
  expires_in: number;
}

export interface VersionedSettings {
  webinar_sync: "none" | "all" | "selected";
  webinar_sync_users: string[];
  recording_sync: "none" | "all" | "selected";
  recording_sync_users: string[];
  excluded_host_domains: string[];
  excluded_recording_domains: string[];
  excluded_contact_domains: string[];
  contact_exclusion: "full" | "update_only";
  secondary_email: "skip" | "resolve" | "hold";
  recreate_deleted: boolean;
  join_link: "public" | "personal";
  registration_accounts: "primary" | "all";
  recording_target: "call" | "marketing_event";
  question_mapping: Record<string, string>;
  question_answers: Record<string, Record<string, string>>;
  question_values: Record<string, string>;
  raw_retention_days: number;
  plugins: Record<string, PluginChoice>;
  version: number;
}

export interface PluginChoice {
  enabled: boolean;
  order: number | null;
  settings: Record<string, unknown>;
}

export interface User {
  id: string;
  email: string;
  name: string;
  sync_new_webinars: boolean;
  sync_recordings: boolean;
}

export interface UserPatch {
  sync_new_webinars: boolean;
  sync_recordings: boolean;
}

export interface Webinar {
  id: string;
  topic: string;
  host: string;
  host_id: string;
  start_time: string | null;
  status: string;
  sync_status: "attention" | "syncing" | "waiting" | "healthy" | "planned" | "off";
  zoom_events: boolean;
  sync: "default" | "on" | "off";
  recordings: "default" | "on" | "off";
  effective: Effective;
  registrations: Registrations | null;
  occurrences: Occurrence[];
}

export interface Effective {
  webinar: boolean;
  why_not: string | null;
  recordings: boolean;
  why_recordings_not: string | null;
}

export interface Registrations {
  counts: Counts;
  zoom_people: number | null;
  unexplained: number | null;
}

export interface Counts {
  in_sync: number;
  excluded: number;
  failing: number;
  waiting: number;
}

export interface Occurrence {
  id: string;
  instances: Instance[];
  start_time: string | null;
  status: string;
  counts: Counts;
  zoom_people: number | null;
  unexplained: number | null;
  settled_at: string | null;
  final_at: string | null;
  next_read_at: string | null;
  overdue: boolean;
  reduced: boolean;
  read_problem: string;
}

export interface Instance {
  uuid: string;
  start_time: string | null;
  end_time: string | null;
  recording: Recording | null;
}

export interface Recording {
  state: "processing" | "available" | "trashed" | "deleted" | "unavailable";
  transcript: "missing" | "processing" | "available" | "gone";
  share_url: string;
  log: string[];
}

export interface WebinarPatch {
  sync: "default" | "on" | "off";
  recordings: "default" | "on" | "off";
}

export interface Warning {
  code: string;
  reason: string;
  title: string;
  meaning: string;
  remedy: string;
  count: number;
  action: Action;
  occurrence_id: string | null;
}

export interface Action {
  name: string;
  label: string;
  filters: Record<string, string>;
}

export interface SyncRequest {
  occurrence: string;
  dry_run: boolean;
  settings: Record<string, unknown>;
  replay: boolean;
  withdraw: boolean;
}

export interface SyncStarted {
  run_id: string;
}

export interface RunDetail {
  id: string;
  webinar_id: string;
  occurrences: string[];
  trigger: string;
  state: "queued" | "running" | "done" | "failed" | "superseded";
  dry_run: boolean;
  replay: boolean;
  withdraw: boolean;
  message: string;
  progress: Progress;
  counts: Counts;
  writes: Writes;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  source: RunSource;
  settings: Record<string, unknown>;
  previous: string | null;
}

export interface Progress {
  done: number;
  total: number;
}

export interface Writes {
  created: number;
  updated: number;
  unchanged: number;
  excluded: number;
  failed: number;
  withdrawn: number;
  cannot_change: number;
  unconfirmed: number;
}

export interface RunSource {
  people: number | null;
  report_rows: number;
  read_at: string | null;
  read_by_run: boolean;
}

export interface ContactWebinar {
  webinar_id: string;
  topic: string;
  occurrence_id: string;
  series: boolean;
  start_time: string | null;
  status: "scheduled" | "started" | "ended" | "cancelled";
  public_url: string;
  person_id: string;
  email: string;
  registration: "approved" | "pending" | "denied" | "cancelled" | null;
  outcome: "in_sync" | "excluded" | "failing" | "waiting";
  reason: string;
  detail: string;
  attended_seconds: number;
  attended_percent: number;
  provisional: boolean;
  final_at: string | null;
  written: Written[];
  recordings: string[];
}

export interface Written {
  effect: string;
  at: string;
}
