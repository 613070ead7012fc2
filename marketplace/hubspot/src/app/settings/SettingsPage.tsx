/** Rollcall's page among HubSpot's connected apps: what is synced, and what became of it. */

import { Divider, Flex, Heading, Tab, Tabs, Text } from "@hubspot/ui-extensions";
import type { User } from "@rollcall/shared";
import React, { useState } from "react";

import { ConnectionLine } from "./ConnectionLine";
import { ConsoleLink } from "./ConsoleLink";
import { GlobalSettings } from "./GlobalSettings";
import { Users } from "./Users";
import { Webinars } from "./Webinars";

export function SettingsPage() {
  const [tab, setTab] = useState("webinars");
  const [host, setHost] = useState<User>();

  function showWebinarsOf(user: User) {
    setHost(user);
    setTab("webinars");
  }

  return (
    <Flex direction="column" gap="md">
      <Heading>Rollcall for Zoom webinars</Heading>
      <Text>Who registered, who came, for how long, and what was recorded.</Text>
      <ConnectionLine />
      <ConsoleLink />
      <Divider />
      <Tabs selected={tab} onSelectedChange={(chosen: string | number) => setTab(String(chosen))}>
        <Tab tabId="webinars" title="Webinars">
          <Webinars
            host={host}
            showAll={() => setHost(undefined)}
            openSettings={() => setTab("settings")}
          />
        </Tab>
        <Tab tabId="settings" title="Global settings">
          <GlobalSettings />
          <Users showWebinarsOf={showWebinarsOf} />
        </Tab>
      </Tabs>
    </Flex>
  );
}
