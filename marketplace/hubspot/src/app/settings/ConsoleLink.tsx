/** The way into Rollcall's own console: an address that signs in once, for a minute. */

import { Alert, Button, Flex, LoadingButton, Text } from "@hubspot/ui-extensions";
import { asProblemOf, useRollcall, type Problem } from "@rollcall/shared";
import React, { useEffect, useState } from "react";

export function ConsoleLink({ label = "Open Rollcall's console" }: { label?: string }) {
  const calls = useRollcall();
  const [url, setUrl] = useState<string>();
  const [seconds, setSeconds] = useState(0);
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  useEffect(() => {
    if (!url) return;
    const timer = setTimeout(() => setUrl(undefined), seconds * 1000);
    return () => clearTimeout(timer);
  }, [url, seconds]);

  async function ask() {
    setAsking(true);
    setProblem(undefined);
    try {
      const link = await calls.consoleLink();
      setSeconds(link.expires_in);
      setUrl(link.url);
    } catch (error) {
      setProblem(asProblemOf(error));
    } finally {
      setAsking(false);
    }
  }

  return (
    <Flex direction="column" gap="sm">
      {url ? (
        <Flex gap="sm" align="center" wrap>
          <Button
            variant="primary"
            href={{ url, external: true }}
            onClick={() => setUrl(undefined)}
          >
            Continue to the console
          </Button>
          <Text>{`Signs you in once, within ${seconds} seconds.`}</Text>
        </Flex>
      ) : (
        <LoadingButton loading={isAsking} variant="secondary" onClick={() => void ask()}>
          {label}
        </LoadingButton>
      )}
      {problem && (
        <Alert title="The console could not be opened" variant="danger">
          <Text>{problem.message}</Text>
        </Alert>
      )}
    </Flex>
  );
}
