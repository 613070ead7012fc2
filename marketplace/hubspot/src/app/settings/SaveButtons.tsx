/** Save, cancel, and why saving was refused. */

import { Alert, Button, ButtonRow, LoadingButton, Text } from "@hubspot/ui-extensions";
import React from "react";

import type { Draft } from "./useDraft";

interface Props<Values> {
  draft: Draft<Values>;
  onSave: () => void;
  onCancel: () => void;
}

export function SaveButtons<Values>({ draft, onSave, onCancel }: Props<Values>) {
  return (
    <>
      {draft.problem && (
        <Alert title="Nothing was saved" variant="danger">
          <Text>{draft.problem.message}</Text>
        </Alert>
      )}
      <ButtonRow>
        <LoadingButton
          variant="primary"
          disabled={!draft.isChanged}
          loading={draft.isSaving}
          onClick={onSave}
        >
          Save
        </LoadingButton>
        <Button onClick={onCancel}>Cancel</Button>
      </ButtonRow>
    </>
  );
}
