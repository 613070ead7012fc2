/** One webinar's own switches in a panel at the right. */

import {
  Button,
  Panel,
  PanelBody,
  PanelSection,
  useExtensionActions,
} from "@hubspot/ui-extensions";
import type { Webinar } from "@rollcall/shared";
import React, { useState } from "react";

import { SwitchesForm } from "./SwitchesForm";

interface Props {
  webinar: Webinar;
  onSaved: (webinar: Webinar) => void;
}

export function SwitchesPanelButton({ webinar, onSaved }: Props) {
  const { closeOverlay } = useExtensionActions<"settings">();
  const [isOpen, setOpen] = useState(false);
  const panel = `switches-${webinar.id}`;
  const content = (
    <Panel
      id={panel}
      title={webinar.topic}
      onOpen={() => setOpen(true)}
      onClose={() => setOpen(false)}
    >
      <PanelBody>
        <PanelSection>
          {isOpen && (
            <SwitchesForm webinar={webinar} onSaved={onSaved} onClose={() => closeOverlay(panel)} />
          )}
        </PanelSection>
      </PanelBody>
    </Panel>
  );
  return (
    <Button size="xs" overlay={content}>
      Settings
    </Button>
  );
}
