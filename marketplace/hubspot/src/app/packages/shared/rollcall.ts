/** The installation of Rollcall this app belongs to, as its profile names it. */

import { useExtensionContext } from "@hubspot/ui-extensions";
import { useMemo } from "react";

import { callsOf, type Calls } from "./calls";
import { Client } from "./client";

/**
 * Its calls. `ROLLCALL_URL` is the one variable of the profile the app was uploaded with.
 * https://developers.hubspot.com/docs/developer-tooling/local-development/build-with-config-profiles
 */
export function useRollcall(): Calls {
  const { variables } = useExtensionContext<"settings" | "crm.record.tab">();
  const url = String(variables?.ROLLCALL_URL ?? "");
  return useMemo(() => callsOf(new Client(url)), [url]);
}
