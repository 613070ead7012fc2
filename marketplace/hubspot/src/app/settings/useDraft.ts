/** Values under a user's hands: what differs from what is stored, and saving that. */

import { asProblemOf, type Problem } from "@rollcall/shared";
import { useState } from "react";

export interface Draft<Values> {
  values: Values;
  set: (changes: Partial<Values>) => void;
  isChanged: boolean;
  isSaving: boolean;
  problem?: Problem;
  save: () => Promise<boolean>;
  cancel: () => void;
}

/** `send` gets what was changed and nothing else; the draft stays when it is refused. */
export function useDraft<Values extends object>(
  stored: Values,
  send: (changes: Partial<Values>) => Promise<void>,
): Draft<Values> {
  const [changes, setChanges] = useState<Partial<Values>>({});
  const [isSaving, setSaving] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  function cancel() {
    setChanges({});
    setProblem(undefined);
  }
  const [base, setBase] = useState(stored);
  if (base !== stored) {
    // In the same render, not after it: an effect would take back what was changed meanwhile.
    setBase(stored);
    cancel();
  }

  async function save() {
    setSaving(true);
    setProblem(undefined);
    try {
      await send(changes);
      return true;
    } catch (error) {
      setProblem(asProblemOf(error));
      return false;
    } finally {
      setSaving(false);
    }
  }

  function set(added: Partial<Values>) {
    setChanges((before) => {
      const wanted = Object.entries({ ...before, ...added });
      const differing = wanted.filter(
        ([name, value]) => !isSame(value, stored[name as keyof Values]),
      );
      return Object.fromEntries(differing) as Partial<Values>;
    });
  }

  const isChanged = Object.keys(changes).length > 0;
  return { values: { ...stored, ...changes }, set, isChanged, isSaving, problem, save, cancel };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
