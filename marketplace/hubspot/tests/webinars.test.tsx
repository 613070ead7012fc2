import {
  Alert,
  EmptyState,
  SearchInput,
  Select,
  StatisticsItem,
  StatusTag,
  TableHeader,
} from "@hubspot/ui-extensions";
import React from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { SettingsPage } from "../src/app/settings/SettingsPage";
import {
  newRollcall,
  occurrence,
  page,
  refusal,
  run,
  settingsAnswers,
  warning,
  webinar,
} from "./rollcall";
import { openPage } from "./settings-page";

const AUDIT = `GET /api/webinars/${webinar.id}/audit`;
const SYNC = `POST /api/webinars/${webinar.id}/sync`;

beforeEach(() => vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function show(changes: Parameters<typeof newRollcall>[0] = {}) {
  const rollcall = newRollcall({ ...settingsAnswers(), ...changes });
  return { rollcall, shown: openPage(<SettingsPage />) };
}

test("the four counters carry the words users know", async () => {
  const { shown } = show();
  await shown.waitFor(() => shown.find(StatisticsItem));
  const items = shown.findAll(StatisticsItem).map(({ props }) => [props.label, props.number]);
  expect(items).toEqual([
    ["In sync", 412],
    ["Excluded", 31],
    ["Failing", 2],
    ["Waiting", 0],
  ]);
  const columns = shown.findAll(TableHeader).map((one) => one.text);
  expect(columns.slice(0, 9).join()).toBe(
    "Topic,Host,Date,Status,In sync,Excluded,Failing,Waiting,Actions",
  );
});

describe("B02 the status says how a webinar fares", () => {
  const calm = { ...occurrence.counts, failing: 0 };
  const off = { webinar: false, why_not: "x", recordings: false, why_recordings_not: "x" };
  test.each([
    ["Healthy", {}, { counts: calm }],
    ["Off", { effective: off }, {}],
    ["Needs attention", {}, {}],
    ["Needs attention", {}, { counts: calm, unexplained: 1 }],
    ["Needs attention", {}, { counts: calm, overdue: true }],
    ["Syncing", {}, { counts: { ...calm, waiting: 4 } }],
    [
      "Waiting for Zoom",
      {},
      {
        counts: calm,
        settled_at: null,
        status: "ended",
      },
    ],
  ])("%s %j %j", async (word, changes, date) => {
    const one = { ...webinar, ...changes, occurrences: [{ ...occurrence, ...date }] };
    const { shown } = show({ "GET /api/webinars": page([one]) });
    const words = () => shown.findAll(StatusTag).map((tag) => tag.text);
    await shown.waitFor(() => expect(words()).toContain(word));
  });
});

test("an account without webinars is told the next step", async () => {
  const { shown } = show({ "GET /api/webinars": page([]) });
  await shown.waitFor(() => shown.find(EmptyState));
  shown.button("Open the global settings").trigger("onClick");
  await shown.waitFor(() => expect(shown.text()).toContain("Sync webinar data"));
});

test("F9 further webinars come page by page", async () => {
  const { rollcall, shown } = show({ "GET /api/webinars": page([webinar], "next") });
  rollcall.answer({
    "GET /api/webinars?limit=20&after=next": refusal(503, "Busy."),
  });
  await shown.waitFor(() => shown.button("Show more webinars"));
  shown.button("Show more webinars").trigger("onClick");
  await shown.waitFor(() => expect(shown.text()).toContain("Busy."));
  rollcall.answer({
    "GET /api/webinars?limit=20&after=next": page([{ ...webinar, id: "2", topic: "Another" }]),
  });
  shown.button("Show more webinars").trigger("onClick");
  await shown.waitFor(() => expect(shown.text()).toContain("Another"));
  expect(shown.text()).toContain(webinar.topic);
});

test("webinars of one choice are never shown under another", async () => {
  const { rollcall, shown } = show();
  await shown.waitFor(() => expect(shown.text()).toContain(webinar.topic));
  rollcall.answer({ "GET /api/webinars?search=moon&limit=20": refusal(503, "Busy.") });
  shown.field(SearchInput, "search-webinars").trigger("onInput", "moon" as never);
  await vi.advanceTimersByTimeAsync(400);
  await shown.waitFor(() => expect(shown.text()).toContain("Busy."));
  expect(shown.text()).not.toContain(webinar.topic);
});

describe("S30 Sync now", () => {
  test("is followed until it is done, and the counters are read again", async () => {
    const after = {
      ...webinar,
      occurrences: [{ ...occurrence, counts: { ...occurrence.counts, failing: 7 } }],
    };
    const { rollcall, shown } = show({
      [SYNC]: { status: 202, json: { run_id: "run-1" } },
      "GET /api/runs/run-1": {
        json: { ...run, state: "running", progress: { done: 12, total: 445 } },
      },
      [`GET /api/webinars/${webinar.id}`]: { json: after },
    });
    await shown.waitFor(() => shown.button("Sync now"));
    shown.button("Sync now").trigger("onClick");
    await shown.waitFor(() => expect(shown.text()).toContain("12 of 445"));
    expect(shown.button("Sync now").props.loading).toBe(true);
    rollcall.answer({ "GET /api/runs/run-1": { json: run } });
    await vi.advanceTimersByTimeAsync(3000);
    await shown.waitFor(() => expect(shown.text()).toContain("3 created, 18 updated, 2 failed"));
    await shown.waitFor(() =>
      expect(shown.findAll(StatisticsItem).map((one) => one.props.number)).toContain(7),
    );
    expect(shown.button("Sync now").props.loading).toBe(false);
    expect(rollcall.sent("POST")).toHaveLength(1);
  });

  test.each([
    [
      refusal(409, "Zoom has not told us any date of this webinar yet."),
      "any date of this webinar",
    ],
    [new Error("network"), "did not answer"],
  ])("that is refused says why, and can be pressed again", async (answer, words) => {
    const { shown } = show({ [SYNC]: answer });
    await shown.waitFor(() => shown.button("Sync now"));
    shown.button("Sync now").trigger("onClick");
    await shown.waitFor(() => expect(shown.text()).toContain(words));
    await shown.waitFor(() => expect(shown.button("Sync now").props.loading).toBe(false));
  });

  test("that broke off says what the run said", async () => {
    const { shown } = show({
      [SYNC]: { status: 202, json: { run_id: "run-1" } },
      "GET /api/runs/run-1": { json: { ...run, state: "failed", message: "Connect Zoom again." } },
    });
    await shown.waitFor(() => shown.button("Sync now"));
    shown.button("Sync now").trigger("onClick");
    await shown.waitFor(() => expect(shown.text()).toContain("Connect Zoom again."));
  });
});

describe("S23 the audit log", () => {
  test("S24 a warning says what it means and how to fix it, with its button", async () => {
    const { rollcall, shown } = show({ [AUDIT]: page([warning]) });
    const panel = await shown.openPanel("Audit log");
    await vi.waitFor(() => panel.find(Alert));
    expect(panel.text()).toContain(warning.title);
    expect(panel.text()).toContain(`What it means: ${warning.meaning}`);
    expect(panel.text()).toContain(`How to fix it: ${warning.remedy}`);
    expect(panel.text()).toContain("webinar_off");
    expect(rollcall.asked.filter((one) => one.path.includes("audit"))).toHaveLength(1);
    panel.button("Open the settings").trigger("onClick");
    await vi.waitFor(() => expect(shown.mocks.actions.closeOverlay.callCount).toBe(1));
  });

  test.each([
    ["sync_now", "Sync now"],
    ["open_webinar_settings", "Look there"],
    ["show_people", "Look there (in Rollcall's console)"],
    ["reconnect", "Look there (in Rollcall's console)"],
  ])("S25 what is mended by %s has a button that says so", async (name, label) => {
    const action = { name, label: "Look there", filters: {} };
    const { shown } = show({ [AUDIT]: page([{ ...warning, action }]) });
    const panel = await shown.openPanel("Audit log");
    await vi.waitFor(() => panel.find(Alert));
    expect(panel.buttonsIn(Alert)).toEqual([label]);
  });

  test("S27 a webinar that is switched off is switched on from its warning", async () => {
    const action = { name: "open_webinar_settings", label: "Open", filters: {} };
    const { rollcall, shown } = show({
      [AUDIT]: page([{ ...warning, action }]),
      [`PATCH /api/webinars/${webinar.id}`]: { json: { ...webinar, sync: "on" } },
    });
    const panel = await shown.openPanel("Audit log");
    await vi.waitFor(() => panel.button("Open"));
    panel.button("Open").trigger("onClick");
    await vi.waitFor(() => panel.find(Select));
    panel.find(Select).trigger("onChange", "on" as never);
    await vi.waitFor(() => expect(panel.button("Save").props.disabled).toBe(false));
    panel.button("Save").trigger("onClick");
    await vi.waitFor(() => expect(rollcall.sent("PATCH")[0]?.body).toEqual({ sync: "on" }));
    await vi.waitFor(() => panel.button("Open"));
  });

  test("B02 each date says its balance and when its numbers are final", async () => {
    const { shown } = show({ [AUDIT]: page([]) });
    const panel = await shown.openPanel("Audit log");
    await vi.waitFor(() => expect(panel.text()).toContain("There are no warnings"));
    expect(panel.text()).toContain("445 = 412 in sync + 31 excluded + 2 failing + 0 waiting");
    expect(panel.text()).toContain("Mar 13, 2026");
  });

  test("nothing of it is asked for before the panel is opened", async () => {
    const { rollcall, shown } = show({ [AUDIT]: page([]) });
    await shown.waitFor(() => shown.button("Audit log"));
    expect(rollcall.asked.map((one) => one.path).filter((path) => path.includes("audit"))).toEqual(
      [],
    );
  });

  test("that cannot be read is read by trying again", async () => {
    const { rollcall, shown } = show({ [AUDIT]: refusal(503, "Busy.") });
    const panel = await shown.openPanel("Audit log");
    await vi.waitFor(() => expect(panel.text()).toContain("Busy."));
    rollcall.answer({ [AUDIT]: page([warning]) });
    panel.button("Try again").trigger("onClick");
    await vi.waitFor(() => expect(panel.text()).toContain(warning.title));
  });
});

test("S15 a single webinar's own switches are changed in a panel", async () => {
  const { rollcall, shown } = show({
    [`PATCH /api/webinars/${webinar.id}`]: { json: { ...webinar, sync: "off" } },
  });
  const panel = await shown.openPanel("Settings");
  await vi.waitFor(() => panel.find(Select));
  panel.findAll(Select)[0]?.trigger("onChange", "off" as never);
  await vi.waitFor(() => expect(panel.button("Save").props.disabled).toBe(false));
  panel.button("Save").trigger("onClick");
  await vi.waitFor(() => expect(shown.mocks.actions.closeOverlay.callCount).toBe(1));
  expect(rollcall.sent("PATCH")[0]?.body).toEqual({ sync: "off" });
});
