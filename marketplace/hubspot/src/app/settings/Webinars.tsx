/** The webinars, what became of their people, and what can be done about each. */

import {
  Button,
  EmptyState,
  Flex,
  SearchInput,
  Statistics,
  StatisticsItem,
  Table,
  TableBody,
  TableHead,
  TableHeader,
  TableRow,
  Text,
  useDebounce,
} from "@hubspot/ui-extensions";
import {
  Failure,
  More,
  OUTCOME_NAMES,
  OUTCOMES,
  usePages,
  useRollcall,
  Waiting,
  type User,
  type Webinar,
} from "@rollcall/shared";
import React, { useEffect, useState } from "react";

import { countsOf, sumOf } from "./balance";
import { WebinarRow } from "./WebinarRow";

interface Props {
  host?: User;
  showAll: () => void;
  openSettings: () => void;
}

/** A webinar has up to 50 dates, and an answer may hold a megabyte. */
const AT_ONCE = 20;

export function Webinars({ host, showAll, openSettings }: Props) {
  const calls = useRollcall();
  const [search, setSearch] = useState("");
  const wanted = useDebounce(search, 300);
  const [newer, setNewer] = useState<Record<string, Webinar>>({});
  const pages = usePages(
    (after) => calls.webinars({ search: wanted, host_id: host?.id, limit: AT_ONCE, after }),
    [calls, wanted, host?.id],
  );
  useEffect(() => setNewer({}), [pages.isLoading]);
  const webinars = pages.rows?.map((one) => newer[one.id] ?? one);

  return (
    <Flex direction="column" gap="sm">
      {host && (
        <Flex gap="sm" align="center">
          <Text format={{ fontWeight: "bold" }}>{`Webinars of ${host.name}`}</Text>
          <Button size="xs" onClick={showAll}>
            Show all webinars
          </Button>
        </Flex>
      )}
      <SearchInput
        label="Search webinars"
        name="search-webinars"
        placeholder="Topic or webinar ID"
        value={search}
        onInput={setSearch}
        onChange={setSearch}
      />
      {pages.problem && <Failure problem={pages.problem} retry={pages.reload} />}
      {!webinars && pages.isLoading && <Waiting what="the webinars" />}
      {webinars?.length === 0 && (
        <NoWebinars isFiltered={Boolean(wanted || host)} openSettings={openSettings} />
      )}
      {webinars && webinars.length > 0 && (
        <>
          <Totals webinars={webinars} />
          <WebinarTable
            webinars={webinars}
            onChanged={(one) => setNewer((before) => ({ ...before, [one.id]: one }))}
            openSettings={openSettings}
          />
        </>
      )}
      <More pages={pages} what="webinars" />
    </Flex>
  );
}

function NoWebinars({
  isFiltered,
  openSettings,
}: {
  isFiltered: boolean;
  openSettings: () => void;
}) {
  if (isFiltered) {
    return (
      <EmptyState title="No webinar matches" layout="vertical">
        <Text>Search for another topic or webinar ID.</Text>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No webinars yet" layout="vertical">
      <Text>
        They appear once Zoom is connected and webinars are scheduled. Nothing is synced before it
        is switched on.
      </Text>
      <Button onClick={openSettings}>Open the global settings</Button>
    </EmptyState>
  );
}

function Totals({ webinars }: { webinars: Webinar[] }) {
  const total = sumOf(webinars.map(countsOf));
  return (
    <Statistics>
      {OUTCOME_NAMES.map((name) => (
        <StatisticsItem key={name} label={OUTCOMES[name].word} number={total[name]}>
          <Text variant="microcopy">people of the webinars below</Text>
        </StatisticsItem>
      ))}
    </Statistics>
  );
}

interface TableProps {
  webinars: Webinar[];
  onChanged: (webinar: Webinar) => void;
  openSettings: () => void;
}

function WebinarTable({ webinars, onChanged, openSettings }: TableProps) {
  const words = OUTCOME_NAMES.map((name) => OUTCOMES[name].word);
  return (
    <Table bordered density="condensed">
      <TableHead>
        <TableRow>
          {["Topic", "Host", "Date", "Status", ...words, "Actions"].map((word) => (
            <TableHeader key={word}>{word}</TableHeader>
          ))}
        </TableRow>
      </TableHead>
      <TableBody>
        {webinars.map((webinar) => (
          <WebinarRow
            key={webinar.id}
            webinar={webinar}
            onChanged={onChanged}
            openSettings={openSettings}
          />
        ))}
      </TableBody>
    </Table>
  );
}
