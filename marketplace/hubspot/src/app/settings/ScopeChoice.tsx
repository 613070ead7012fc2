/** None, all or selected Zoom users, and which. */

import { MultiSelect, Select, Text } from "@hubspot/ui-extensions";
import { useLoaded, useRollcall, type Problem, type VersionedSettings } from "@rollcall/shared";
import React from "react";

type Scope = VersionedSettings["webinar_sync"];

interface Props {
  label: string;
  name: "webinar_sync" | "recording_sync";
  scope: Scope;
  users: string[];
  onChange: (scope: Scope, users: string[]) => void;
  problem?: Problem;
  allowNone?: boolean;
}

const CHOICES: { value: Scope; label: string }[] = [
  { value: "none", label: "None" },
  { value: "all", label: "All Zoom users" },
  { value: "selected", label: "Selected Zoom users" },
];

export function ScopeChoice({ label, name, scope, users, onChange, problem, allowNone }: Props) {
  const complaints = problem?.about(name) ?? [];
  return (
    <>
      <Select
        label={label}
        name={name}
        options={CHOICES.filter(({ value }) => allowNone || value !== "none")}
        value={scope}
        onChange={(chosen) => onChange(chosen as Scope, users)}
        error={complaints.length > 0}
        validationMessage={complaints.map(({ text }) => text).join(" ") || undefined}
      />
      {scope === "selected" && (
        <UserChoice
          name={`${name}_users`}
          users={users}
          onChange={(chosen) => onChange(scope, chosen)}
          complaints={problem?.about(`${name}_users`).map(({ text }) => text) ?? []}
        />
      )}
    </>
  );
}

interface UserProps {
  name: string;
  users: string[];
  onChange: (users: string[]) => void;
  complaints: string[];
}

/** One answer of the API holds this many users; an account with more chooses in the console. */
const MOST = 200;

function UserChoice({ name, users, onChange, complaints }: UserProps) {
  const calls = useRollcall();
  const { value, problem } = useLoaded(() => calls.users({ limit: MOST }), [calls]);
  const found = value?.results ?? [];
  const known = new Set(found.map(({ id }) => id));
  const options = [
    ...found.map((one) => ({ value: one.id, label: `${one.name} (${one.email})` })),
    ...users.filter((id) => !known.has(id)).map((id) => ({ value: id, label: id })),
  ];
  return (
    <>
      <MultiSelect
        label="Selected Zoom users"
        name={name}
        options={options}
        value={users}
        onChange={(chosen) => onChange(chosen.map(String))}
        error={complaints.length > 0}
        validationMessage={complaints.join(" ") || undefined}
      />
      {problem && <Text>{problem.message}</Text>}
      {value?.paging.next && (
        <Text variant="microcopy">
          {`The first ${MOST} users are listed; choose among all of them in Rollcall's console.`}
        </Text>
      )}
    </>
  );
}
