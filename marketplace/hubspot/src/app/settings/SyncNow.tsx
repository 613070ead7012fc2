/** Sync now: reads Zoom and HubSpot again, says how far it is, and what came of it. */

import { LoadingButton, Text } from "@hubspot/ui-extensions";
import { asProblemOf, useRollcall, type RunDetail, type Webinar } from "@rollcall/shared";
import React, { useEffect, useRef, useState } from "react";

const LOOK_EVERY_MS = 3000;

interface Props {
  webinar: Webinar;
  onDone: (webinar: Webinar) => void;
}

export function SyncNow({ webinar, onDone }: Props) {
  const calls = useRollcall();
  const [isSyncing, setSyncing] = useState(false);
  const [said, setSaid] = useState("");
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);

  async function sync() {
    setSyncing(true);
    setSaid("Sync has been asked for.");
    try {
      const { run_id } = await calls.sync(webinar.id);
      let run = await calls.run(run_id);
      while (isShown.current && (run.state === "queued" || run.state === "running")) {
        setSaid(sayProgress(run));
        await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
        run = await calls.run(run_id);
      }
      if (!isShown.current) return;
      setSaid(sayResult(run));
      onDone(await calls.webinar(webinar.id));
    } catch (error) {
      setSaid(asProblemOf(error).message);
    } finally {
      setSyncing(false);
    }
  }

  return (
    <>
      <LoadingButton size="xs" loading={isSyncing} onClick={() => void sync()}>
        Sync now
      </LoadingButton>
      {said && <Text variant="microcopy">{said}</Text>}
    </>
  );
}

function sayProgress({ state, progress }: RunDetail): string {
  return state === "queued"
    ? "Waiting for its turn."
    : `Syncing: ${progress.done} of ${progress.total} people.`;
}

function sayResult({ state, message, writes }: RunDetail): string {
  if (state === "failed") return message || "It broke off; it is tried again by itself.";
  if (state === "superseded")
    return "The settings changed meanwhile; it goes on with the new ones.";
  const { created, updated, failed } = writes;
  return `Synced: ${created} created, ${updated} updated, ${failed} failed. ${message}`.trim();
}
