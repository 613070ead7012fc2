import {
  Button,
  EmptyState,
  Link,
  LoadingButton,
  LoadingSpinner,
  StatusTag,
} from "@hubspot/ui-extensions";
import React from "react";
import { afterEach, describe, expect, test, vi } from "vitest";

import { ContactCard } from "../src/app/cards/ContactCard";
import {
  contactWebinar,
  newRollcall,
  page,
  readText,
  refusal,
  screen,
  type Answer,
} from "./rollcall";

const PATH = "GET /api/contacts/123/webinars";

afterEach(() => vi.restoreAllMocks());

function show(answer: Answer) {
  const rollcall = newRollcall({ [PATH]: answer });
  const renderer = screen("crm.record.tab");
  renderer.render(<ContactCard />);
  const text = () => readText(renderer.getRootNode());
  return { ...renderer, rollcall, text };
}

test("while the webinars are loaded the card says so", async () => {
  const { find, waitFor } = show(page([contactWebinar]));
  expect(find(LoadingSpinner).props.label).toContain("webinars");
  await waitFor(() => find(StatusTag));
});

test("S39 a webinar shows outcome, date, minutes and percent, links and what was written", async () => {
  const recordings = ["https://zoom.example/rec"];
  const { waitFor, find, findAll, text } = show(page([{ ...contactWebinar, recordings }]));
  await waitFor(() => find(StatusTag));
  expect(find(StatusTag).text).toBe("In sync");
  expect(text()).toContain("How rockets land");
  expect(text()).toContain("Mar 10, 2026");
  expect(text()).toContain("As zoe@x.example");
  expect(text()).toContain("47 min (78 %)");
  expect(text()).toContain("Attendance on the marketing event");
  expect(findAll(Link).map((one) => one.props.href)).toEqual([
    { url: contactWebinar.public_url, external: true },
    { url: recordings[0], external: true },
  ]);
});

describe("each state says what it means", () => {
  test.each([
    [
      { outcome: "excluded", reason: "role", written: [] },
      ["Excluded", "Hosts and panelists", "Nothing was written"],
    ],
    [
      { outcome: "excluded", reason: "excluded_domain", detail: "domain acme.no" },
      ["Excluded", "domain acme.no"],
    ],
    [{ outcome: "failing", reason: "rejected", detail: "VALIDATION" }, ["Failing", "VALIDATION"]],
    [
      {
        status: "started",
        outcome: "waiting",
        reason: "provisional",
        provisional: true,
        attended_seconds: 0,
        final_at: "2026-03-13T11:00:00Z",
      },
      ["Waiting", "not complete yet", "Registered", "final at Mar 13, 2026"],
    ],
    [{ attended_seconds: 0 }, ["In sync", "Did not attend"]],
    [{ attended_seconds: 0, registration: "cancelled" }, ["Registration cancelled"]],
    [{ attended_seconds: 0, status: "cancelled" }, ["The webinar was called off"]],
    [{ series: true, attended_seconds: 0 }, ["Registered for the series"]],
    [{ attended_seconds: 20, attended_percent: 1 }, ["under 1 min (1 %)"]],
    [{ outcome: "excluded", reason: "plugin:loyalty:competitor" }, ["Plugin loyalty:competitor"]],
  ] as const)("%j", async (changes, words) => {
    const { waitFor, find, text } = show(page([{ ...contactWebinar, ...changes }]));
    await waitFor(() => find(StatusTag));
    for (const word of words) expect(text()).toContain(word);
  });
});

test("a contact without webinars is told when one will appear", async () => {
  const { waitFor, find } = show(page([]));
  await waitFor(() => find(EmptyState));
  expect(readText(find(EmptyState))).toContain("registers for one");
});

test("F9 further pages are shown behind the first, once each", async () => {
  const { rollcall, waitFor, findAll, find, maybeFind } = show(page([contactWebinar], "c 1"));
  rollcall.answer({
    [`${PATH}?limit=10&after=c%201`]: page([
      { ...contactWebinar, person_id: "2", outcome: "failing" },
    ]),
  });
  await waitFor(() => find(LoadingButton));
  find(LoadingButton).trigger("onClick");
  await waitFor(() => expect(findAll(StatusTag)).toHaveLength(2));
  expect(findAll(StatusTag).map((one) => one.text)).toEqual(["In sync", "Failing"]);
  expect(maybeFind(LoadingButton)).toBeNull();
});

describe("what goes wrong is told in words, with a way on", () => {
  test.each([
    ["unreachable", new Error("network"), "did not answer"],
    ["our fault", refusal(500, "Something went wrong on our side."), "went wrong on our side"],
    ["no JSON", { status: 502, text: "<html>" }, "answered 502"],
    ["too many", refusal(429, "limit"), "only so many requests"],
    ["cut off", { text: "{" }, "could not be read"],
  ] as [string, Answer, string][])("%s", async (_, answer, words) => {
    const { rollcall, waitFor, find, text } = show(answer);
    await waitFor(() => expect(text()).toContain(words));
    rollcall.answer({ [PATH]: page([contactWebinar]) });
    find(Button).trigger("onClick");
    await waitFor(() => find(StatusTag));
  });
});

test("an app uploaded without Rollcall's address asks nobody and says what to do", async () => {
  const rollcall = newRollcall();
  const renderer = screen("crm.record.tab");
  renderer.mocks.context.variables = {};
  renderer.render(<ContactCard />);
  await renderer.waitFor(() => expect(readText(renderer.getRootNode())).toContain("ROLLCALL_URL"));
  expect(renderer.maybeFind(Button)).toBeNull();
  expect(rollcall.asked).toEqual([]);
});
