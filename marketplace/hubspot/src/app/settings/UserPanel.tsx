/** One user's switches in a panel at the right. */

import {
  Button,
  Checkbox,
  Heading,
  Link,
  Panel,
  PanelBody,
  PanelFooter,
  PanelSection,
  useExtensionActions,
} from "@hubspot/ui-extensions";
import { useRollcall, type User } from "@rollcall/shared";
import React from "react";

import { SaveButtons } from "./SaveButtons";
import { useDraft } from "./useDraft";

interface Props {
  user: User;
  onSaved: (user: User) => void;
  showWebinars: () => void;
}

export function UserPanelButton({ user, onSaved, showWebinars }: Props) {
  const calls = useRollcall();
  const { addAlert, closeOverlay } = useExtensionActions<"settings">();
  const panel = `user-${user.id}`;
  const draft = useDraft(user, async (changes) =>
    onSaved(await calls.changeUser(user.id, changes)),
  );

  function close() {
    draft.cancel();
    closeOverlay(panel);
  }

  async function save() {
    if (!(await draft.save())) return;
    addAlert({ type: "success", message: `The settings of ${user.name} are saved.` });
    closeOverlay(panel);
  }

  const content = (
    <Panel id={panel} title={user.name} onClose={draft.cancel}>
      <PanelBody>
        <PanelSection>
          <Heading>Webinar recordings and transcripts</Heading>
          <Checkbox
            name="sync_new_webinars"
            checked={draft.values.sync_new_webinars}
            onChange={(sync_new_webinars) => draft.set({ sync_new_webinars })}
          >
            Sync data from newly scheduled webinars by default
          </Checkbox>
          <Checkbox
            name="sync_recordings"
            checked={draft.values.sync_recordings}
            onChange={(sync_recordings) => draft.set({ sync_recordings })}
          >
            Sync this user's webinar recordings and transcripts
          </Checkbox>
        </PanelSection>
        <PanelSection>
          <Link
            href="#"
            preventDefault
            onClick={() => {
              close();
              showWebinars();
            }}
          >
            Manage individual webinars for this user
          </Link>
        </PanelSection>
      </PanelBody>
      <PanelFooter>
        <SaveButtons draft={draft} onSave={() => void save()} onCancel={close} />
      </PanelFooter>
    </Panel>
  );
  return (
    <Button size="xs" overlay={content}>
      User settings
    </Button>
  );
}
