/** Rollcall's API as HubSpot lets an extension call it, and what went wrong in words for people. */

import { hubspot } from "@hubspot/ui-extensions";

/** One complaint about a value that was sent: where it stands, and what is wrong with it. */
export interface Complaint {
  path: string[];
  text: string;
}

/** A call that did not succeed. `message` is fit to be shown; `canRetry`: trying again may help. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly canRetry = true,
    readonly complaints: Complaint[] = [],
  ) {
    super(message);
  }

  /** What is wrong with the value of this name. */
  about(name: string): Complaint[] {
    return this.complaints.filter((one) => one.path[0] === name);
  }
}

export interface Page<Row> {
  results: Row[];
  paging: { next?: { after: string } };
}

export type Query = Record<string, string | number | undefined>;
type Method = "GET" | "PATCH" | "POST";

/** Calls of one installation of Rollcall. Every call rejects with a Problem, and nothing else. */
export class Client {
  constructor(private readonly root: string) {}

  get<Answer>(path: string, query: Query = {}): Promise<Answer> {
    return this.call("GET", path + inQuery(query));
  }

  patch<Answer>(path: string, body: object): Promise<Answer> {
    return this.call("PATCH", path, body);
  }

  post<Answer>(path: string, body: object = {}): Promise<Answer> {
    return this.call("POST", path, body);
  }

  private async call<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
    if (!this.root.startsWith("https://")) {
      throw new Problem(
        "This app was uploaded without Rollcall's address. Whoever runs Rollcall has to set" +
          " ROLLCALL_URL in the project's profile and upload it again.",
        false,
      );
    }
    let response: Response;
    try {
      response = await hubspot.fetch(this.root.replace(/\/+$/, "") + path, {
        method,
        ...(body && { body: { ...body } }),
      });
    } catch {
      throw new Problem("Rollcall did not answer. It may be restarting: try again in a minute.");
    }
    const answer = await readJson(response);
    if (!response.ok) throw asProblem(response.status, answer);
    if (answer === undefined) throw new Problem("Rollcall's answer could not be read. Try again.");
    return answer as Answer;
  }
}

function inQuery(query: Query): string {
  const parts = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return parts.length ? `?${parts.join("&")}` : "";
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function asProblem(status: number, answer: unknown): Problem {
  if (status === 429) {
    return new Problem(
      "HubSpot lets only so many requests through at once. Try again in a moment.",
    );
  }
  const said = (answer ?? {}) as { message?: unknown; errors?: unknown };
  const message =
    typeof said.message === "string" && said.message
      ? said.message
      : `Rollcall could not do that (it answered ${status}). Try again in a minute.`;
  const lines = Array.isArray(said.errors) ? said.errors.map(String) : [];
  return new Problem(message, status >= 500 || status === 401, lines.map(asComplaint));
}

/** `excluded_host_domains.1: Not a domain.` by its place and its text. */
function asComplaint(line: string): Complaint {
  const [, path = "", text = line] = /^([\w.-]+): (.*)$/s.exec(line) ?? [];
  return { path: path ? path.split(".") : [], text };
}
