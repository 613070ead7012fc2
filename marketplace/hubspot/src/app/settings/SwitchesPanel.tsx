/** One webinar's own switches in a panel at the right. */

import {
  Alert,
  Button,
  Panel,
  PanelBody,
  PanelFooter,
  PanelSection,
  Select,
  Text,
  useExtensionActions,
} from "@hubspot/ui-extensions";
import { useRollcall, type Webinar } from "@rollcall/shared";

import { SaveButtons } from "./SaveButtons";
import { useDraft } from "./useDraft";

interface Props {
  webinar: Webinar;
  onSaved: (webinar: Webinar) => void;
}

const CHOICES: { value: Webinar["sync"]; label: string }[] = [
  { value: "default", label: "As set for the host" },
  { value: "on", label: "On" },
  { value: "off", label: "Off" },
];

export function SwitchesPanelButton({ webinar, onSaved }: Props) {
  const calls = useRollcall();
  const { closeOverlay } = useExtensionActions<"settings">();
  const panel = `switches-${webinar.id}`;
  const draft = useDraft(webinar, async ({ sync, recordings }) =>
    onSaved(
      await calls.changeWebinar(webinar.id, {
        ...(sync && { sync }),
        ...(recordings && { recordings }),
      }),
    ),
  );

  function close() {
    draft.cancel();
    closeOverlay(panel);
  }

  async function save() {
    if (await draft.save()) closeOverlay(panel);
  }

  const content = (
    <Panel id={panel} title={webinar.topic} onClose={draft.cancel}>
      <PanelBody>
        <PanelSection>
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
            onChange={(recordings) =>
              draft.set({ recordings: recordings as Webinar["recordings"] })
            }
          />
          <Text variant="microcopy">
            {`At present it is ${webinar.effective.webinar ? "synced" : "not synced"}, and its` +
              ` recordings are ${webinar.effective.recordings ? "synced" : "not synced"}. The` +
              " global settings come first."}
          </Text>
        </PanelSection>
      </PanelBody>
      <PanelFooter>
        <SaveButtons draft={draft} onSave={() => void save()} onCancel={close} />
      </PanelFooter>
    </Panel>
  );
  return (
    <Button size="xs" overlay={content}>
      Settings
    </Button>
  );
}
