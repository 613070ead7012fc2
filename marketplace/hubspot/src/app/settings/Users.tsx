/** Every Zoom user with the switches for their webinars, changed in a panel at the right. */

import {
  EmptyState,
  Flex,
  Heading,
  SearchInput,
  Table,
  TableBody,
  TableCell,
  TableHead,
  TableHeader,
  TableRow,
  Text,
  useDebounce,
} from "@hubspot/ui-extensions";
import { Failure, More, usePages, useRollcall, Waiting, type User } from "@rollcall/shared";
import React, { useState } from "react";

import { UserPanelButton } from "./UserPanel";

interface Props {
  showWebinarsOf: (user: User) => void;
}

export function Users({ showWebinarsOf }: Props) {
  const calls = useRollcall();
  const [search, setSearch] = useState("");
  const wanted = useDebounce(search, 300);
  const [newer, setNewer] = useState<Record<string, User>>({});
  const pages = usePages((after) => calls.users({ search: wanted, after }), [calls, wanted]);
  const users = pages.rows?.map((user) => newer[user.id] ?? user);
  return (
    <Flex direction="column" gap="sm">
      <Heading>Manage individual user settings</Heading>
      <SearchInput
        label="Search users"
        name="search-users"
        placeholder="Name or e-mail address"
        value={search}
        onInput={setSearch}
        onChange={setSearch}
      />
      {pages.problem && <Failure problem={pages.problem} retry={pages.reload} />}
      {!users && pages.isLoading && <Waiting what="the Zoom users" />}
      {users?.length === 0 && (
        <EmptyState
          title={wanted ? "No Zoom user is called so" : "No Zoom users yet"}
          layout="vertical"
        >
          <Text>
            {wanted
              ? "Search for another name or address."
              : "They appear as soon as a Zoom account is connected in Rollcall's console."}
          </Text>
        </EmptyState>
      )}
      {users && users.length > 0 && (
        <Table bordered>
          <TableHead>
            <TableRow>
              <TableHeader>User</TableHeader>
              <TableHeader>Zoom e-mail</TableHeader>
              <TableHeader>New webinars</TableHeader>
              <TableHeader>Recordings</TableHeader>
              <TableHeader>Settings</TableHeader>
            </TableRow>
          </TableHead>
          <TableBody>
            {users.map((user) => (
              <TableRow key={user.id}>
                <TableCell>{user.name}</TableCell>
                <TableCell>{user.email}</TableCell>
                <TableCell>{user.sync_new_webinars ? "On" : "Off"}</TableCell>
                <TableCell>{user.sync_recordings ? "On" : "Off"}</TableCell>
                <TableCell>
                  <UserPanelButton
                    user={user}
                    onSaved={(saved) => setNewer((before) => ({ ...before, [saved.id]: saved }))}
                    showWebinars={() => showWebinarsOf(user)}
                  />
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      )}
      <More pages={pages} what="users" />
    </Flex>
  );
}
