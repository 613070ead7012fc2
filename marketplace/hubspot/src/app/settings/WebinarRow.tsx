/** One webinar: how it fares, the four counters, and its buttons. */

import {
  Flex,
  StatusTag,
  TableCell,
  TableRow,
  Text,
  useExtensionContext,
} from "@hubspot/ui-extensions";
import { OUTCOME_NAMES, sayTime, type Webinar } from "@rollcall/shared";
import React from "react";

import { AuditPanelButton } from "./AuditPanel";
import { countsOf, statusOf, unexplainedOf } from "./balance";
import { SwitchesPanelButton } from "./SwitchesPanel";
import { SyncNow } from "./SyncNow";

interface Props {
  webinar: Webinar;
  onChanged: (webinar: Webinar) => void;
  openSettings: () => void;
}

export function WebinarRow({ webinar, onChanged, openSettings }: Props) {
  const { portal } = useExtensionContext<"settings">();
  const counts = countsOf(webinar);
  const status = statusOf(webinar);
  const unexplained = unexplainedOf(webinar);
  const dates = webinar.occurrences.length;
  const lastFinal = webinar.occurrences
    .map((one) => one.final_at ?? "")
    .sort()
    .at(-1);
  return (
    <TableRow>
      <TableCell>{webinar.topic}</TableCell>
      <TableCell>{webinar.host}</TableCell>
      <TableCell>
        <Text>{sayTime(webinar.start_time, portal.timezone)}</Text>
        {dates > 1 && <Text variant="microcopy">{`${dates} dates`}</Text>}
      </TableCell>
      <TableCell>
        <StatusTag variant={status.variant}>{status.word}</StatusTag>
        {unexplained > 0 && (
          <Text variant="microcopy">{`${unexplained} people of Zoom's are not accounted for`}</Text>
        )}
        {lastFinal && (
          <Text variant="microcopy">{`Final at ${sayTime(lastFinal, portal.timezone)}`}</Text>
        )}
      </TableCell>
      {OUTCOME_NAMES.map((name) => (
        <TableCell key={name} align="right">
          {counts[name]}
        </TableCell>
      ))}
      <TableCell>
        <Flex gap="xs" wrap>
          <SyncNow webinar={webinar} onDone={onChanged} />
          <AuditPanelButton webinar={webinar} onChanged={onChanged} openSettings={openSettings} />
          <SwitchesPanelButton webinar={webinar} onSaved={onChanged} />
        </Flex>
      </TableCell>
    </TableRow>
  );
}
