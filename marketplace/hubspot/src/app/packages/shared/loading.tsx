/** What is loaded, is loading, or could not be loaded, and how each looks. */

import { Button, ErrorState, LoadingButton, LoadingSpinner, Text } from "@hubspot/ui-extensions";
import React, { useCallback, useEffect, useRef, useState } from "react";

import { Problem, type Page } from "./client";

/** A value that comes later; it stays while it is reloaded. */
export interface Loaded<Value> {
  value?: Value;
  problem?: Problem;
  isLoading: boolean;
  reload: () => void;
  replace: (value: Value) => void;
}

export function asProblemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem("Something went wrong. Try again.");
}

/**
 * Loads at once, and something else whenever `of` changes; an answer that comes too late is left
 * aside.
 */
export function useLoaded<Value>(load: () => Promise<Value>, of: unknown[]): Loaded<Value> {
  const [state, setState] = useState<{ value?: Value; problem?: Problem; isLoading: boolean }>({
    isLoading: true,
  });
  const [turn, setTurn] = useState(0);
  const lastTurn = useRef(turn);
  useEffect(() => {
    let isWanted = true;
    const isReloaded = lastTurn.current !== turn;
    lastTurn.current = turn;
    setState(({ value }) => ({ value: isReloaded ? value : undefined, isLoading: true }));
    load().then(
      (value) => isWanted && setState({ value, isLoading: false }),
      (error) =>
        isWanted &&
        setState(({ value }) => ({ value, problem: asProblemOf(error), isLoading: false })),
    );
    return () => {
      isWanted = false;
    };
  }, [turn, ...of]);
  const reload = useCallback(() => setTurn((before) => before + 1), []);
  const replace = useCallback((value: Value) => setState({ value, isLoading: false }), []);
  return { ...state, reload, replace };
}

/** A list that is loaded page by page; `moreProblem` is why the last page asked for did not come. */
export interface Pages<Row> {
  rows?: Row[];
  problem?: Problem;
  isLoading: boolean;
  reload: () => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  moreProblem?: Problem;
  loadMore: () => void;
}

interface Further<Row> {
  behind: Page<Row>;
  rows: Row[];
  next?: string;
  problem?: Problem;
  isLoading: boolean;
}

/** The first page at once, further ones when asked for; from the start whenever `of` changes. */
export function usePages<Row>(
  load: (after?: string) => Promise<Page<Row>>,
  of: unknown[],
): Pages<Row> {
  const first = useLoaded(() => load(), of);
  const [kept, setKept] = useState<Further<Row>>();
  const page = first.value;
  const start: Further<Row> | undefined = page && {
    behind: page,
    rows: [],
    next: page.paging.next?.after,
    isLoading: false,
  };
  const further = kept?.behind === page ? kept : start;

  async function loadMore() {
    if (!further || further.isLoading) return;
    setKept({ ...further, problem: undefined, isLoading: true });
    try {
      const more = await load(further.next);
      const rows = [...further.rows, ...more.results];
      setKept({ ...further, rows, next: more.paging.next?.after, isLoading: false });
    } catch (error) {
      setKept({ ...further, problem: asProblemOf(error), isLoading: false });
    }
  }

  return {
    rows: page && [...page.results, ...(further?.rows ?? [])],
    problem: first.problem,
    isLoading: first.isLoading,
    reload: first.reload,
    hasMore: further?.next !== undefined,
    isLoadingMore: further?.isLoading ?? false,
    moreProblem: further?.problem,
    loadMore: () => void loadMore(),
  };
}

/** Something that is being loaded, for readers of screens too. */
export function Waiting({ what }: { what: string }) {
  return <LoadingSpinner label={`Loading ${what}`} showLabel layout="centered" />;
}

/** What went wrong, with the button that tries again where that can help. */
export function Failure({ problem, retry }: { problem: Problem; retry: () => void }) {
  return (
    <ErrorState title="This could not be loaded" type={problem.canRetry ? "error" : "lock"}>
      <Text>{problem.message}</Text>
      {problem.canRetry && <Button onClick={retry}>Try again</Button>}
    </ErrorState>
  );
}

/** The button that brings the next page, while there is one. */
export function More({ pages, what }: { pages: Pages<unknown>; what: string }) {
  if (!pages.hasMore) return null;
  return (
    <>
      {pages.moreProblem && <Text>{pages.moreProblem.message}</Text>}
      <LoadingButton loading={pages.isLoadingMore} onClick={pages.loadMore}>
        {`Show more ${what}`}
      </LoadingButton>
    </>
  );
}
