/** The audit log of one webinar in a panel at the right: how each date fares, and every warning. */

import {
  Alert,
  Button,
  DescriptionList,
  DescriptionListItem,
  Flex,
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
  type Warning,
  type Webinar,
} from "@rollcall/shared";
import { useState } from "react";

import { countsOf, statusOf } from "./balance";
import { ConsoleLink } from "./ConsoleLink";
import { SyncNow } from "./SyncNow";

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

function WarningBlock({ warning, openSettings }: { warning: Warning; openSettings: () => void }) {
  const isDate = warning.occurrence_id !== null && warning.occurrence_id !== "0";
  return (
    <Alert title={warning.title} variant="warning">
      <Flex direction="column" gap="xs">
        {isDate && <Text variant="microcopy">{`Date ${warning.occurrence_id}`}</Text>}
        <Text>{`What it means: ${warning.meaning}`}</Text>
        <Text>{`How to fix it: ${warning.remedy}`}</Text>
        <Text variant="microcopy">{`Reason code: ${warning.reason}`}</Text>
        <WarningAction warning={warning} openSettings={openSettings} />
      </Flex>
    </Alert>
  );
}

/** The button that mends it: here where it can be mended here, in the console for the rest. */
function WarningAction({ warning, openSettings }: { warning: Warning; openSettings: () => void }) {
  const { name, label } = warning.action;
  if (name === "open_settings") {
    return (
      <Button size="sm" onClick={openSettings}>
        {label}
      </Button>
    );
  }
  if (name === "sync_now") return <Text>Use the button “Sync now” above.</Text>;
  if (name === "open_webinar_settings") return <Text>Use the button “Settings” beside the webinar.</Text>;
  return <ConsoleLink label={`${label} (in Rollcall's console)`} />;
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
