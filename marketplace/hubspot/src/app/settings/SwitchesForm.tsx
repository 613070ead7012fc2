/** One webinar's own switches. */

import { Alert, Flex, Select, Text } from "@hubspot/ui-extensions";
import { useRollcall, type Webinar } from "@rollcall/shared";
import React from "react";

import { SaveButtons } from "./SaveButtons";
import { useDraft } from "./useDraft";

interface Props {
  webinar: Webinar;
  onSaved: (webinar: Webinar) => void;
  onClose: () => void;
}

const CHOICES: { value: Webinar["sync"]; label: string }[] = [
  { value: "default", label: "As set for the host" },
  { value: "on", label: "On" },
  { value: "off", label: "Off" },
];

export function SwitchesForm({ webinar, onSaved, onClose }: Props) {
  const calls = useRollcall();
  const draft = useDraft(webinar, async ({ sync, recordings }) =>
    onSaved(
      await calls.changeWebinar(webinar.id, {
        ...(sync && { sync }),
        ...(recordings && { recordings }),
      }),
    ),
  );

  function cancel() {
    draft.cancel();
    onClose();
  }

  async function save() {
    if (await draft.save()) onClose();
  }

  return (
    <Flex direction="column" gap="sm">
      {webinar.zoom_events && (
        <Alert title="This webinar belongs to a Zoom Event" variant="warning">
          <Text>Webinars of Zoom Events are not supported, whatever the switches say.</Text>
        </Alert>
      )}
      <Select
        name="sync"
        label="Sync this webinar"
        options={CHOICES}
        value={draft.values.sync}
        onChange={(sync) => draft.set({ sync: sync as Webinar["sync"] })}
      />
      <Select
        name="recordings"
        label="Sync its recordings and transcripts"
        options={CHOICES}
        value={draft.values.recordings}
        onChange={(recordings) => draft.set({ recordings: recordings as Webinar["recordings"] })}
      />
      <Text variant="microcopy">
        {`At present it is ${webinar.effective.webinar ? "synced" : "not synced"}, and its` +
          ` recordings are ${webinar.effective.recordings ? "synced" : "not synced"}. The global` +
          " settings come first."}
      </Text>
      <SaveButtons draft={draft} onSave={() => void save()} onCancel={cancel} />
    </Flex>
  );
}
