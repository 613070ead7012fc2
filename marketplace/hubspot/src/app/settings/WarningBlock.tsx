/** One warning: what it means, how to fix it, and the button that fixes it. */

import { Alert, Button, Flex, Text } from "@hubspot/ui-extensions";
import type { Warning, Webinar } from "@rollcall/shared";
import React, { useState } from "react";

import { ConsoleLink } from "./ConsoleLink";
import { SwitchesForm } from "./SwitchesForm";
import { SyncNow } from "./SyncNow";

interface Props {
  warning: Warning;
  webinar: Webinar;
  onChanged: (webinar: Webinar) => void;
  openSettings: () => void;
}

export function WarningBlock(props: Props) {
  const { warning } = props;
  const isDate = warning.occurrence_id !== null && warning.occurrence_id !== "0";
  return (
    <Alert title={warning.title} variant="warning">
      <Flex direction="column" gap="xs">
        {isDate && <Text variant="microcopy">{`Date ${warning.occurrence_id}`}</Text>}
        <Text>{`What it means: ${warning.meaning}`}</Text>
        <Text>{`How to fix it: ${warning.remedy}`}</Text>
        <Text variant="microcopy">{`Reason code: ${warning.reason}`}</Text>
        <Remedy {...props} />
      </Flex>
    </Alert>
  );
}

/** Here where it can be mended here, in the console for the rest. */
function Remedy({ warning, webinar, onChanged, openSettings }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { name, label } = warning.action;
  if (name === "sync_now") return <SyncNow webinar={webinar} onDone={onChanged} />;
  if (name === "open_settings") {
    return (
      <Button size="sm" onClick={openSettings}>
        {label}
      </Button>
    );
  }
  if (name === "open_webinar_settings" && isOpen) {
    return <SwitchesForm webinar={webinar} onSaved={onChanged} onClose={() => setOpen(false)} />;
  }
  if (name === "open_webinar_settings") {
    return (
      <Button size="sm" onClick={() => setOpen(true)}>
        {label}
      </Button>
    );
  }
  return <ConsoleLink label={`${label} (in Rollcall's console)`} />;
}
