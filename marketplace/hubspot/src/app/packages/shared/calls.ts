/** Every call these screens make of Rollcall's API: the types of `api-types.ts` come from this list. */

import type {
  Connection,
  ConsoleLink,
  ContactWebinar,
  RunDetail,
  SyncStarted,
  User,
  UserPatch,
  VersionedSettings,
  Warning,
  Webinar,
  WebinarPatch,
} from "./api-types";
import type { Client, Page, Query } from "./client";

/** The calls of one installation of Rollcall. */
export function callsOf(client: Client) {
  const at = encodeURIComponent;
  return {
    connection: () => client.get<Connection>("/api/connection"),
    consoleLink: () => client.post<ConsoleLink>("/api/console-link"),
    settings: () => client.get<VersionedSettings>("/api/settings"),
    changeSettings: (changes: Partial<VersionedSettings>) =>
      client.patch<VersionedSettings>("/api/settings", changes),
    users: (query: Query) => client.get<Page<User>>("/api/users", query),
    changeUser: (id: string, changes: Partial<UserPatch>) =>
      client.patch<User>(`/api/users/${at(id)}`, changes),
    webinars: (query: Query) => client.get<Page<Webinar>>("/api/webinars", query),
    webinar: (id: string) => client.get<Webinar>(`/api/webinars/${at(id)}`),
    changeWebinar: (id: string, changes: Partial<WebinarPatch>) =>
      client.patch<Webinar>(`/api/webinars/${at(id)}`, changes),
    audit: (id: string, query: Query) =>
      client.get<Page<Warning>>(`/api/webinars/${at(id)}/audit`, query),
    sync: (id: string) => client.post<SyncStarted>(`/api/webinars/${at(id)}/sync`),
    run: (id: string) => client.get<RunDetail>(`/api/runs/${at(id)}`),
    contactWebinars: (contactId: number | string, query: Query) =>
      client.get<Page<ContactWebinar>>(`/api/contacts/${at(contactId)}/webinars`, query),
  };
}

export type Calls = ReturnType<typeof callsOf>;
