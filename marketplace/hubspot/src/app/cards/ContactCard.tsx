/** The webinars of the contact on screen: what became of each, and what was written of it. */

import {
  Accordion,
  EmptyState,
  Flex,
  Link,
  List,
  StatusTag,
  Text,
  useExtensionContext,
} from "@hubspot/ui-extensions";
import {
  Failure,
  More,
  OUTCOMES,
  sayAttendance,
  sayReason,
  sayTime,
  sayWrite,
  usePages,
  useRollcall,
  Waiting,
  type ContactWebinar,
} from "@rollcall/shared";
import React from "react";

const AT_ONCE = 10;

export function ContactCard() {
  const calls = useRollcall();
  const { crm, portal } = useExtensionContext<"crm.record.tab">();
  const pages = usePages(
    (after) => calls.contactWebinars(crm.objectId, { limit: AT_ONCE, after }),
    [calls, crm.objectId],
  );
  if (pages.problem && !pages.rows) {
    return <Failure problem={pages.problem} retry={pages.reload} />;
  }
  if (!pages.rows) return <Waiting what="the contact's webinars" />;
  if (pages.rows.length === 0) {
    return (
      <EmptyState title="No webinars yet" layout="vertical">
        <Text>
          A webinar appears here as soon as this contact registers for one or attends it with one of
          their e-mail addresses.
        </Text>
      </EmptyState>
    );
  }
  return (
    <Flex direction="column" gap="sm">
      {pages.rows.map((row) => (
        <WebinarBlock key={row.person_id} row={row} timeZone={portal.timezone} />
      ))}
      <More pages={pages} what="webinars" />
    </Flex>
  );
}

interface Props {
  row: ContactWebinar;
  timeZone: string;
}

function WebinarBlock({ row, timeZone }: Props) {
  const { word, variant } = OUTCOMES[row.outcome];
  const reason = row.reason || row.detail ? sayReason(row.reason, row.detail) : "";
  return (
    <Flex direction="column" gap="xs">
      <Text format={{ fontWeight: "bold" }}>{row.topic}</Text>
      <Flex gap="sm" align="center" wrap>
        <StatusTag variant={variant}>{word}</StatusTag>
        <Text>{sayTime(row.start_time, timeZone)}</Text>
        <Text>{sayPresence(row)}</Text>
      </Flex>
      {row.email && <Text variant="microcopy">{`As ${row.email}`}</Text>}
      {reason && <Text>{`Why: ${reason}`}</Text>}
      {row.provisional && (
        <Text variant="microcopy">
          {`Not final yet; the numbers are final at ${sayTime(row.final_at, timeZone, "a later time")}.`}
        </Text>
      )}
      <Links row={row} />
      <Written row={row} timeZone={timeZone} />
    </Flex>
  );
}

/** Whether the person came; of a registration for a whole series there is nothing to say. */
function sayPresence(row: ContactWebinar): string {
  if (row.series) return "Registered for the series";
  if (row.attended_seconds > 0) return sayAttendance(row.attended_seconds, row.attended_percent);
  if (row.status === "cancelled") return "The webinar was called off";
  if (row.registration === "cancelled") return "Registration cancelled";
  if (row.provisional) return row.registration === "approved" ? "Registered" : "Not there yet";
  return sayAttendance(0, 0);
}

function Links({ row }: { row: ContactWebinar }) {
  if (!row.public_url && row.recordings.length === 0) return null;
  return (
    <Flex gap="sm" wrap>
      {row.public_url && (
        <Link href={{ url: row.public_url, external: true }}>Webinar in Zoom</Link>
      )}
      {row.recordings.map((url) => (
        <Link key={url} href={{ url, external: true }}>
          Watch the recording
        </Link>
      ))}
    </Flex>
  );
}

function Written({ row, timeZone }: Props) {
  if (row.written.length === 0) {
    return <Text variant="microcopy">Nothing was written in HubSpot for this webinar.</Text>;
  }
  return (
    <Accordion title={`Written in HubSpot (${row.written.length})`} size="xs">
      <List>
        {row.written.map((one, place) => (
          <Text key={place}>{`${sayWrite(one.effect)}: ${sayTime(one.at, timeZone)}`}</Text>
        ))}
      </List>
    </Accordion>
  );
}
