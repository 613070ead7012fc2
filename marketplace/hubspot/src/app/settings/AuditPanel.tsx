/** The audit log of one webinar in a panel at the right: how each date fares, and every warning. */

import {
  Button,
  DescriptionList,
  DescriptionListItem,
  Heading,
  Panel,
  PanelBody,
  PanelSection,
  Statistics,
  StatisticsItem,
  StatusTag,
  Text,
  useExtensionActions,
  useExtensionContext,
} from "@hubspot/ui-extensions";
import {
  Failure,
  More,
  OUTCOME_NAMES,
  OUTCOMES,
  sayTime,
  usePages,
  useRollcall,
  Waiting,
  type Occurrence,
  type Webinar,
} from "@rollcall/shared";
import React, { useState } from "react";

import { countsOf, statusOf } from "./balance";
import { SyncNow } from "./SyncNow";
import { WarningBlock } from "./WarningBlock";

interface Props {
  webinar: Webinar;
  onChanged: (webinar: Webinar) => void;
  openSettings: () => void;
}

export function AuditPanelButton({ webinar, onChanged, openSettings }: Props) {
  const { closeOverlay } = useExtensionActions<"settings">();
  const [isOpen, setOpen] = useState(false);
  const panel = `audit-${webinar.id}`;

  function leaveForSettings() {
    closeOverlay(panel);
    setOpen(false);
    openSettings();
  }

  // A table has many of these panels: what is in one is loaded when it is opened.
  const content = (
    <Panel
      id={panel}
      title={`Audit log: ${webinar.topic}`}
      width="md"
      onOpen={() => setOpen(true)}
      onClose={() => setOpen(false)}
    >
      <PanelBody>
        {isOpen && (
          <AuditLog webinar={webinar} onChanged={onChanged} openSettings={leaveForSettings} />
        )}
      </PanelBody>
    </Panel>
  );
  return (
    <Button size="xs" overlay={content}>
      Audit log
    </Button>
  );
}

function AuditLog({ webinar, onChanged, openSettings }: Props) {
  const calls = useRollcall();
  const pages = usePages((after) => calls.audit(webinar.id, { after }), [calls, webinar]);
  const counts = countsOf(webinar);
  const status = statusOf(webinar);
  return (
    <>
      <PanelSection>
        <StatusTag variant={status.variant}>{status.word}</StatusTag>
        <Statistics>
          {OUTCOME_NAMES.map((name) => (
            <StatisticsItem key={name} label={OUTCOMES[name].word} number={counts[name]} />
          ))}
        </Statistics>
        <SyncNow webinar={webinar} onDone={onChanged} />
      </PanelSection>
      <PanelSection>
        <Heading>Warnings</Heading>
        {pages.problem && <Failure problem={pages.problem} retry={pages.reload} />}
        {!pages.rows && pages.isLoading && <Waiting what="the warnings" />}
        {pages.rows?.length === 0 && <Text>There are no warnings for this webinar.</Text>}
        {pages.rows?.map((warning, place) => (
          <WarningBlock
            key={`${warning.reason}-${warning.occurrence_id}-${place}`}
            warning={warning}
            webinar={webinar}
            onChanged={onChanged}
            openSettings={openSettings}
          />
        ))}
        <More pages={pages} what="warnings" />
      </PanelSection>
      <PanelSection>
        <Heading>Dates</Heading>
        {webinar.occurrences.map((occurrence) => (
          <DateBlock key={occurrence.id} occurrence={occurrence} />
        ))}
      </PanelSection>
    </>
  );
}

function DateBlock({ occurrence }: { occurrence: Occurrence }) {
  const { portal } = useExtensionContext<"settings">();
  const { counts, zoom_people, unexplained } = occurrence;
  const balance = OUTCOME_NAMES.map(
    (name) => `${counts[name]} ${OUTCOMES[name].word.toLowerCase()}`,
  ).join(" + ");
  return (
    <DescriptionList direction="row">
      <DescriptionListItem label="Date">
        <Text>{sayTime(occurrence.start_time, portal.timezone)}</Text>
      </DescriptionListItem>
      <DescriptionListItem label="People in Zoom">
        <Text>
          {zoom_people === null ? "Not known yet" : `${zoom_people} = ${balance}`}
          {unexplained ? ` (${unexplained} not accounted for)` : ""}
        </Text>
      </DescriptionListItem>
      <DescriptionListItem label="Numbers are final at">
        <Text>
          {sayTime(occurrence.final_at, portal.timezone, "After it has taken place")}
          {occurrence.overdue ? " (overdue: Zoom's numbers are not complete yet)" : ""}
        </Text>
      </DescriptionListItem>
    </DescriptionList>
  );
}
