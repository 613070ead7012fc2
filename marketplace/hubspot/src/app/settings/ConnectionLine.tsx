/** What the account is connected to, and what to do where a connection is missing or broken. */

import { Alert, Flex, StatusTag, Text } from "@hubspot/ui-extensions";
import { Failure, useLoaded, useRollcall, Waiting, type Connection } from "@rollcall/shared";
import React from "react";

export function ConnectionLine() {
  const calls = useRollcall();
  const { value, problem, reload } = useLoaded(calls.connection, [calls]);
  if (problem) return <Failure problem={problem} retry={reload} />;
  if (!value) return <Waiting what="the connection" />;
  return (
    <Flex direction="column" gap="sm">
      <Flex gap="sm" wrap>
        <StatusTag variant={value.hubspot.status === "connected" ? "success" : "danger"}>
          {value.hubspot.status === "connected"
            ? "HubSpot is connected"
            : "HubSpot is not connected"}
        </StatusTag>
        {value.zoom.map((one) => (
          <StatusTag
            key={one.account_id}
            variant={one.status === "connected" ? "success" : "danger"}
          >
            {`Zoom account ${one.account_id} is ${one.status === "connected" ? "" : "not "}connected`}
          </StatusTag>
        ))}
      </Flex>
      {advice(value).map(({ title, text }) => (
        <Alert key={title} title={title} variant="warning">
          <Text>{text}</Text>
        </Alert>
      ))}
    </Flex>
  );
}

function advice(found: Connection): { title: string; text: string }[] {
  const said = [];
  const isBroken = [found.hubspot, ...found.zoom].some((one) => one.status !== "connected");
  if (!found.zoom.length || isBroken) {
    said.push({
      title: found.zoom.length ? "A connection has ended" : "Zoom is not connected yet",
      text: "Nothing is synced until it is. Open Rollcall's console to connect it.",
    });
  }
  if (found.zoom.some((one) => one.reduced)) {
    said.push({
      title: "Attendance is read without Zoom's reports",
      text:
        "Whoever connected Zoom may not read its reports. Have a Zoom administrator connect it" +
        " again from Rollcall's console.",
    });
  }
  if ([found.hubspot, ...found.zoom].some((one) => one.not_answering)) {
    said.push({
      title: "A platform does not answer at the moment",
      text: "Nothing is lost: what is to be read or written waits, and is tried again by itself.",
    });
  }
  return said;
}
