/** What is synced for the whole account: webinars, recordings, exclusions. */

import { Flex, Heading, Text, Toggle, useExtensionActions } from "@hubspot/ui-extensions";
import { Failure, useLoaded, useRollcall, Waiting, type VersionedSettings } from "@rollcall/shared";
import React from "react";

import { DomainList } from "./DomainList";
import { SaveButtons } from "./SaveButtons";
import { ScopeChoice } from "./ScopeChoice";
import { useDraft, type Draft } from "./useDraft";

export function GlobalSettings() {
  const calls = useRollcall();
  const { value, problem, reload, replace } = useLoaded(calls.settings, [calls]);
  if (problem) return <Failure problem={problem} retry={reload} />;
  if (!value) return <Waiting what="the settings" />;
  return <SettingsForm stored={value} onSaved={replace} />;
}

interface Props {
  stored: VersionedSettings;
  onSaved: (saved: VersionedSettings) => void;
}

function SettingsForm({ stored, onSaved }: Props) {
  const calls = useRollcall();
  const { addAlert } = useExtensionActions<"settings">();
  const draft = useDraft(stored, async (changes) => onSaved(await calls.changeSettings(changes)));

  async function save() {
    if (await draft.save()) {
      addAlert({ type: "success", message: "The settings are saved, and take effect now." });
    }
  }

  return (
    <Flex direction="column" gap="md">
      <WebinarScope draft={draft} />
      <Exclusions draft={draft} />
      <SaveButtons draft={draft} onSave={() => void save()} onCancel={draft.cancel} />
    </Flex>
  );
}

function WebinarScope({ draft }: { draft: Draft<VersionedSettings> }) {
  const { values, set } = draft;
  const isOn = values.webinar_sync !== "none";
  return (
    <Flex direction="column" gap="sm">
      <Heading>Webinars</Heading>
      <Toggle
        label="Sync webinar data"
        labelDisplay="inline"
        checked={isOn}
        onChange={(checked) => set({ webinar_sync: checked ? "all" : "none" })}
      />
      <Text variant="microcopy">
        Registrants and attendees as contacts, and a marketing event for each date.
      </Text>
      {isOn && (
        <ScopeChoice
          label="Webinars of"
          name="webinar_sync"
          scope={values.webinar_sync}
          users={values.webinar_sync_users}
          onChange={(webinar_sync, webinar_sync_users) => set({ webinar_sync, webinar_sync_users })}
          problem={draft.problem}
        />
      )}
      <ScopeChoice
        label="Sync webinar recordings and transcripts"
        name="recording_sync"
        scope={values.recording_sync}
        users={values.recording_sync_users}
        onChange={(recording_sync, recording_sync_users) =>
          set({ recording_sync, recording_sync_users })
        }
        problem={draft.problem}
        allowNone
      />
    </Flex>
  );
}

const LISTS = [
  {
    name: "excluded_host_domains",
    label: "Host exclusions",
    description: "Webinars of Zoom users with these e-mail domains are not synced.",
  },
  {
    name: "excluded_recording_domains",
    label: "Recording exclusions",
    description: "Recordings and transcripts of Zoom users with these domains are not synced.",
  },
  {
    name: "excluded_contact_domains",
    label: "Contact exclusions",
    description: "Enter your own company's domain so that colleagues do not become contacts.",
  },
] as const;

function Exclusions({ draft }: { draft: Draft<VersionedSettings> }) {
  return (
    <Flex direction="column" gap="sm">
      <Heading>Exclusions</Heading>
      {LISTS.map(({ name, label, description }) => (
        <DomainList
          key={name}
          name={name}
          label={label}
          description={description}
          domains={draft.values[name]}
          onChange={(domains) => draft.set({ [name]: domains })}
          complaints={draft.problem?.about(name) ?? []}
        />
      ))}
    </Flex>
  );
}
