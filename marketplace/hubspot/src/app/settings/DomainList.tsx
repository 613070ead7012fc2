/** Domains, one or several, with what is wrong with each beside the field. */

import { TextArea } from "@hubspot/ui-extensions";
import type { Complaint } from "@rollcall/shared";
import React, { useEffect, useState } from "react";

interface Props {
  name: string;
  label: string;
  description: string;
  domains: string[];
  onChange: (domains: string[]) => void;
  complaints: Complaint[];
}

export function DomainList({ name, label, description, domains, onChange, complaints }: Props) {
  const [text, setText] = useState(domains.join(", "));
  const stored = domains.join(", ");
  useEffect(() => {
    // What is being written stays as it is written; only other domains replace it.
    if (split(text).join(", ") !== stored) setText(stored);
  }, [stored]);

  function write(written: string) {
    setText(written);
    onChange(split(written));
  }

  return (
    <TextArea
      name={name}
      label={label}
      description={`${description} Write acme.com, or *.acme.com for its sub-domains.`}
      rows={2}
      value={text}
      onInput={write}
      onChange={write}
      error={complaints.length > 0}
      validationMessage={complaints.map((one) => say(one, domains)).join(" ") || undefined}
    />
  );
}

function split(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

function say({ path, text }: Complaint, domains: string[]): string {
  const domain = domains[Number(path[1])];
  return domain ? `${domain}: ${text}` : text;
}
