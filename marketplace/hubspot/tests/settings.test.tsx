import {
  Checkbox,
  ErrorState,
  Link,
  LoadingSpinner,
  MultiSelect,
  Select,
  Tab,
  Tabs,
  TextArea,
  Toggle,
} from "@hubspot/ui-extensions";
import React from "react";
import { afterEach, describe, expect, test, vi } from "vitest";

import { SettingsPage } from "../src/app/settings/SettingsPage";
import {
  connection,
  newRollcall,
  page,
  refusal,
  settings,
  settingsAnswers,
  user,
} from "./rollcall";
import { openPage } from "./settings-page";

afterEach(() => vi.restoreAllMocks());

test("while the settings are loaded the page says so", async () => {
  newRollcall(settingsAnswers());
  const shown = openPage(<SettingsPage />);
  expect(shown.findAll(LoadingSpinner).map((one) => one.props.label)).toContain(
    "Loading the settings",
  );
  await shown.waitFor(() => expect(shown.maybeFind(LoadingSpinner)).toBeNull());
});

describe("global settings", () => {
  test("S07 what is stored is shown, and webinar sync is off until somebody says so", async () => {
    newRollcall(settingsAnswers());
    const shown = openPage(<SettingsPage />);
    await shown.waitFor(() => shown.find(Toggle));
    expect(shown.find(Toggle).props.checked).toBe(false);
    expect(shown.field(TextArea, "excluded_contact_domains").props.value).toBe("acme.example");
    expect(shown.button("Save").props.disabled).toBe(true);
  });

  test("S07 S08 S09 S10 a change is sent alone, saved and confirmed", async () => {
    const rollcall = newRollcall(settingsAnswers());
    const changes = {
      webinar_sync: "selected",
      webinar_sync_users: ["host0"],
      recording_sync: "all",
      excluded_host_domains: ["acme.no", "*.acme.no"],
    };
    rollcall.answer({
      "PATCH /api/settings": { json: { ...settings, ...changes, version: 4 } },
    });
    const shown = openPage(<SettingsPage />);
    await shown.waitFor(() => shown.find(Toggle));
    shown.find(Toggle).trigger("onChange", true as never);
    await shown.waitFor(() => shown.field(Select, "webinar_sync"));
    shown.field(Select, "webinar_sync").trigger("onChange", "selected" as never);
    await shown.waitFor(() =>
      expect(shown.find(MultiSelect).props.options[0]?.label).toContain("Ida Host"),
    );
    shown.find(MultiSelect).trigger("onChange", ["host0"] as never);
    shown.field(Select, "recording_sync").trigger("onChange", "all" as never);
    shown
      .field(TextArea, "excluded_host_domains")
      .trigger("onInput", "acme.no, *.acme.no" as never);
    await shown.waitFor(() => expect(shown.button("Save").props.disabled).toBe(false));
    shown.button("Save").trigger("onClick");
    await vi.waitFor(() => expect(shown.mocks.actions.addAlert.callCount).toBe(1));
    expect(rollcall.sent("PATCH")).toEqual([
      { method: "PATCH", path: "/api/settings", body: changes },
    ]);
    await shown.waitFor(() => expect(shown.button("Save").props.disabled).toBe(true));
    expect(shown.field(Select, "webinar_sync").props.value).toBe("selected");
  });

  test("a refused value is named beside its field, and what was written stays", async () => {
    const rollcall = newRollcall(settingsAnswers());
    rollcall.answer({
      "PATCH /api/settings": refusal(400, "Some settings are not as they should be.", [
        "excluded_contact_domains.1: Not a domain.",
      ]),
    });
    const shown = openPage(<SettingsPage />);
    await shown.waitFor(() => shown.find(Toggle));
    const domains = () => shown.field(TextArea, "excluded_contact_domains");
    domains().trigger("onInput", "acme.example, nonsense" as never);
    await shown.waitFor(() => expect(shown.button("Save").props.disabled).toBe(false));
    shown.button("Save").trigger("onClick");
    await shown.waitFor(() => expect(domains().props.error).toBe(true));
    expect(domains().props.validationMessage).toBe("nonsense: Not a domain.");
    expect(domains().props.value).toBe("acme.example, nonsense");
    expect(shown.field(TextArea, "excluded_host_domains").props.error).toBe(false);
    expect(shown.text()).toContain("Nothing was saved");
    expect(shown.mocks.actions.addAlert.callCount).toBe(0);

    shown.button("Cancel").trigger("onClick");
    await shown.waitFor(() => expect(domains().props.value).toBe("acme.example"));
    expect(domains().props.error).toBe(false);
  });

  test("who may not change settings is told why", async () => {
    const rollcall = newRollcall(settingsAnswers());
    rollcall.answer({ "PATCH /api/settings": refusal(403, "Only a super admin may change this.") });
    const shown = openPage(<SettingsPage />);
    await shown.waitFor(() => shown.find(Toggle));
    shown.find(Toggle).trigger("onChange", true as never);
    await shown.waitFor(() => expect(shown.button("Save").props.disabled).toBe(false));
    shown.button("Save").trigger("onClick");
    await shown.waitFor(() => expect(shown.text()).toContain("Only a super admin"));
  });

  test("what could not be loaded is loaded by trying again", async () => {
    const rollcall = newRollcall({
      ...settingsAnswers(),
      "GET /api/settings": refusal(503, "The database is busy."),
    });
    const shown = openPage(<SettingsPage />);
    await shown.waitFor(() => shown.find(ErrorState));
    expect(shown.text()).toContain("The database is busy.");
    rollcall.answer({ "GET /api/settings": { json: settings } });
    shown.button("Try again").trigger("onClick");
    await shown.waitFor(() => shown.find(Toggle));
  });
});

describe("individual users", () => {
  test("S11 S13 S14 a panel for each user saves the two switches", async () => {
    const rollcall = newRollcall(settingsAnswers());
    rollcall.answer({
      "PATCH /api/users/host0": { json: { ...user, sync_recordings: true } },
    });
    const shown = openPage(<SettingsPage />);
    const panel = await shown.openPanel("User settings");
    expect(panel.text()).toContain("Ida Host");
    expect(panel.text()).toContain("Webinar recordings and transcripts");
    const boxes = panel.findAll(Checkbox);
    expect(boxes.map((box) => box.text)).toEqual([
      "Sync data from newly scheduled webinars by default",
      "Sync this user's webinar recordings and transcripts",
    ]);
    expect(boxes.map((box) => box.props.checked)).toEqual([true, false]);
    boxes[1]?.trigger("onChange", true as never);
    await shown.waitFor(() => expect(panel.button("Save").props.disabled).toBe(false));
    panel.button("Save").trigger("onClick");
    await vi.waitFor(() => expect(shown.mocks.actions.closeOverlay.callCount).toBe(1));
    expect(rollcall.sent("PATCH")[0]?.body).toEqual({ sync_recordings: true });
    expect(panel.findAll(Checkbox)[1]?.props.checked).toBe(true);
  });

  test("S15 the link leads to the webinars of this user alone, and back to all", async () => {
    const rollcall = newRollcall(settingsAnswers());
    const shown = openPage(<SettingsPage />);
    shown.find(Tabs).trigger("onSelectedChange", "settings" as never);
    const panel = await shown.openPanel("User settings");
    panel.find(Link).trigger("onClick");
    await shown.waitFor(() => expect(shown.text()).toContain("Webinars of Ida Host"));
    expect(shown.find(Tabs).props.selected).toBe("webinars");
    await shown.waitFor(() =>
      expect(rollcall.asked.map((one) => one.path)).toContain(
        "/api/webinars?host_id=host0&limit=20",
      ),
    );
    shown.button("Show all webinars").trigger("onClick");
    await shown.waitFor(() => expect(shown.text()).not.toContain("Webinars of Ida Host"));
  });

  test("an account without Zoom users is told how they come", async () => {
    newRollcall({ ...settingsAnswers(), "GET /api/users": page([]) });
    const shown = openPage(<SettingsPage />);
    await shown.waitFor(() => expect(shown.text()).toContain("No Zoom users yet"));
  });
});

describe("the connection", () => {
  const zoom = connection.zoom[0]!;
  test.each([
    [{}, "Zoom account zoom-account is connected"],
    [{ zoom: [] }, "Zoom is not connected yet"],
    [{ zoom: [{ ...zoom, status: "reconnect" }] }, "A connection has ended"],
    [{ zoom: [{ ...zoom, reduced: true }] }, "without Zoom's reports"],
    [
      { zoom: [{ ...zoom, not_answering: { since: "", next_try_at: "" } }] },
      "does not answer at the moment",
    ],
  ])("%j", async (changes, words) => {
    newRollcall({
      ...settingsAnswers(),
      "GET /api/connection": { json: { ...connection, ...changes } },
    });
    const shown = openPage(<SettingsPage />);
    await shown.waitFor(() => expect(shown.text()).toContain(words));
  });

  test("the console is opened by an address that is asked for when it is wanted", async () => {
    const rollcall = newRollcall(settingsAnswers());
    const link = { url: "https://rollcall.example/in/once", expires_in: 60 };
    rollcall.answer({ "POST /api/console-link": { status: 201, json: link } });
    const shown = openPage(<SettingsPage />);
    expect(rollcall.sent("POST")).toEqual([]);
    shown.button("Open Rollcall's console").trigger("onClick");
    await shown.waitFor(() => shown.button("Continue to the console"));
    expect(shown.button("Continue to the console").props.href).toEqual({
      url: link.url,
      external: true,
    });
    shown.button("Continue to the console").trigger("onClick");
    await shown.waitFor(() => shown.button("Open Rollcall's console"));
  });
});

test("the sections stand in two tabs", async () => {
  newRollcall(settingsAnswers());
  const shown = openPage(<SettingsPage />);
  expect(shown.findAll(Tab).map((one) => one.props.title)).toEqual(["Webinars", "Global settings"]);
  await shown.waitFor(() => expect(shown.maybeFind(LoadingSpinner)).toBeNull());
});
