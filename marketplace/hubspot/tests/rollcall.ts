/** A Rollcall that answers these screens: what HubSpot's proxy would carry to the real one. */

import { hubspot } from "@hubspot/ui-extensions";
import {
  createRenderer,
  isRenderedElementNode,
  isRenderedTextNode,
  type RenderedChildNode,
} from "@hubspot/ui-extensions/testing";
import type {
  Connection,
  ContactWebinar,
  Counts,
  Occurrence,
  RunDetail,
  User,
  VersionedSettings,
  Warning,
  Webinar,
} from "@rollcall/shared";
import { vi } from "vitest";

export const URL = "https://rollcall.example";

export interface Asked {
  method: string;
  path: string;
  body: unknown;
}
export type Answer = { status?: number; json?: unknown; text?: string } | Error;
type Answers = Record<string, Answer | ((asked: Asked) => Answer)>;

/** Answers by `METHOD /path`; a later call of `answer` replaces what was said before. */
export function newRollcall(answers: Answers = {}) {
  const asked: Asked[] = [];
  const known = { ...answers };
  vi.spyOn(hubspot, "fetch").mockImplementation(async (address, options = {}) => {
    const url = new globalThis.URL(String(address));
    const call = {
      method: options.method ?? "GET",
      path: url.pathname + url.search,
      body: options.body,
    };
    if (url.origin !== URL) throw new Error(`${url.origin} is not permitted`);
    asked.push(call);
    const found = known[`${call.method} ${call.path}`] ?? known[`${call.method} ${url.pathname}`];
    if (!found) throw new Error(`nobody answers ${call.method} ${call.path}`);
    const said = typeof found === "function" ? found(call) : found;
    if (said instanceof Error) throw said;
    return new Response(said.text ?? JSON.stringify(said.json), { status: said.status ?? 200 });
  });
  return {
    asked,
    answer: (added: Answers) => Object.assign(known, added),
    sent: (method: string) => asked.filter((one) => one.method === method),
  };
}

export function refusal(status: number, message: string, errors: string[] = []): Answer {
  return { status, json: { message, category: "ERROR", errors } };
}

export function page<Row>(results: Row[], after?: string): Answer {
  return { json: { results, paging: after ? { next: { after } } : {} } };
}

/** A renderer of the screen's place in HubSpot, in an account whose profile names Rollcall. */
export function screen<Place extends "settings" | "crm.record.tab">(place: Place) {
  const renderer = createRenderer(place);
  renderer.mocks.context.variables = { ROLLCALL_URL: URL };
  renderer.mocks.context.portal.timezone = "UTC";
  return renderer;
}

const READ = ["title", "label", "number", "description", "validationMessage"];

/** Everything a person reads below a node, panels that are not open left out. */
export function readText(node: { childNodes: RenderedChildNode[] }): string {
  return node.childNodes.map(readNode).join(" ");
}

function readNode(node: RenderedChildNode): string {
  if (isRenderedTextNode(node)) return node.text;
  if (!isRenderedElementNode(node)) return "";
  const props = node.props as Record<string, unknown>;
  return [...READ.map((name) => props[name] ?? ""), readText(node)].join(" ");
}

export const counts: Counts = { in_sync: 412, excluded: 31, failing: 2, waiting: 0 };

export const occurrence: Occurrence = {
  id: "0",
  instances: [],
  start_time: "2026-03-10T10:00:00+00:00",
  status: "ended",
  counts,
  zoom_people: 445,
  unexplained: 0,
  settled_at: "2026-03-10T12:00:00+00:00",
  final_at: "2026-03-13T11:00:00+00:00",
  next_read_at: null,
  overdue: false,
  reduced: false,
  read_problem: "",
};

export const webinar: Webinar = {
  id: "95000000001",
  topic: "How rockets land",
  host: "host@acme.example",
  host_id: "host0",
  start_time: "2026-03-10T10:00:00+00:00",
  status: "scheduled",
  sync_status: "attention",
  zoom_events: false,
  sync: "default",
  recordings: "default",
  effective: { webinar: true, why_not: null, recordings: true, why_recordings_not: null },
  registrations: null,
  occurrences: [occurrence],
};

export const user: User = {
  id: "host0",
  email: "host@acme.example",
  name: "Ida Host",
  sync_new_webinars: true,
  sync_recordings: false,
};

export const settings: VersionedSettings = {
  version: 3,
  webinar_sync: "none",
  webinar_sync_users: [],
  recording_sync: "none",
  recording_sync_users: [],
  excluded_host_domains: [],
  excluded_recording_domains: [],
  excluded_contact_domains: ["acme.example"],
  contact_exclusion: "full",
  secondary_email: "skip",
  recreate_deleted: false,
  join_link: "public",
  registration_accounts: "primary",
  recording_target: "call",
  question_mapping: {},
  question_answers: {},
  question_values: {},
  raw_retention_days: 30,
  plugins: {},
};

export const connection: Connection = {
  portal_id: "1001",
  hubspot: {
    status: "connected",
    scopes: [],
    connected_by: "anna@acme.example",
    connected_at: "2026-03-01T09:00:00+00:00",
    not_answering: null,
  },
  zoom: [
    {
      account_id: "zoom-account",
      status: "connected",
      scopes: [],
      connected_by: "anna@acme.example",
      connected_at: "2026-03-01T09:10:00+00:00",
      business_unit: "",
      reduced: false,
      not_answering: null,
    },
  ],
  timeline: { marketing_events: "on", app_events: "off" },
};

export const warning: Warning = {
  code: "sync_disabled",
  reason: "webinar_off",
  title: "Some webinar data did not sync because the sync setting is disabled",
  meaning: "Webinar sync is off for this account.",
  remedy: "Switch it on.",
  count: 0,
  action: { name: "open_settings", label: "Open the settings", filters: {} },
  occurrence_id: null,
};

export const run: RunDetail = {
  id: "run-1",
  webinar_id: webinar.id,
  occurrences: ["0"],
  trigger: "sync_now",
  state: "done",
  dry_run: false,
  replay: false,
  withdraw: false,
  message: "",
  progress: { done: 445, total: 445 },
  counts,
  writes: {
    created: 3,
    updated: 18,
    unchanged: 391,
    excluded: 31,
    failed: 2,
    withdrawn: 0,
    cannot_change: 0,
    unconfirmed: 0,
  },
  created_at: "2026-03-10T12:00:00+00:00",
  started_at: null,
  finished_at: null,
  source: { people: 445, report_rows: 430, read_at: "2026-03-10T12:00:00+00:00", read_by_run: true },
  settings: {},
  previous: null,
};

export const contactWebinar: ContactWebinar = {
  webinar_id: webinar.id,
  topic: webinar.topic,
  occurrence_id: "0",
  series: false,
  start_time: "2026-03-10T10:00:00+00:00",
  status: "ended",
  public_url: "https://zoom.example/w/95000000001",
  person_id: "1",
  email: "zoe@x.example",
  registration: "approved",
  outcome: "in_sync",
  reason: "",
  detail: "",
  attended_seconds: 2820,
  attended_percent: 78.3,
  provisional: false,
  final_at: null,
  written: [{ effect: "attend", at: "2026-03-10T12:00:00+00:00" }],
  recordings: [],
};

/** What the settings page asks for when it is opened. */
export function settingsAnswers(): Answers {
  return {
    "GET /api/connection": { json: connection },
    "GET /api/settings": { json: settings },
    "GET /api/users": page([user]),
    "GET /api/webinars": page([webinar]),
    [`GET /api/webinars/${webinar.id}`]: { json: webinar },
  };
}
