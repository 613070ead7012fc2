import { translate } from "@hubspot/project-parsing-lib/translate";
import {
  collectWorkspaceDirectories,
  findAndParsePackageJsonFiles,
} from "@hubspot/project-parsing-lib/workspaces";
import * as RemoteUI from "@remote-ui/react";
import React from "react";
import { build } from "vite";
import { expect, test, vi } from "vitest";

import project from "../hsproject.json";

const source = new URL(`../${project.srcDir}`, import.meta.url).pathname;

test("HubSpot's own parser reads every part, the profile's values in their places", async () => {
  const { intermediateRepresentation, skippedHsMetaFiles } = await translate(
    { projectSourceDir: source, platformVersion: project.platformVersion, accountId: 0 },
    { skipValidation: true, profile: "example" },
  );
  const parts = intermediateRepresentation.intermediateNodesIndexedByUid;
  expect(
    Object.values(parts)
      .map((one) => one.componentType)
      .sort(),
  ).toEqual(["APPLICATION", "CARD", "SETTINGS", "WEBHOOKS", "WORKFLOW_ACTION"]);
  expect(skippedHsMetaFiles).toEqual([]);
  expect(JSON.stringify(parts)).not.toContain("${");
  expect(parts.rollcall?.config).toMatchObject({
    permittedUrls: { fetch: ["https://rollcall.example.com"] },
  });
});

test("what both screens share goes up with them", async () => {
  const found = await collectWorkspaceDirectories(await findAndParsePackageJsonFiles(source));
  const folders = found.map((one) => one.workspaceDir.slice(source.length)).sort();
  expect(folders).toEqual(["/app/cards", "/app/packages/shared", "/app/settings"]);
});

/** HubSpot's build, which it publishes as the package @hubspot/ui-extensions-dev-server. */
async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    root: source,
    logLevel: "warn",
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      write: false,
      lib: { entry: source + entry, name: "extension", formats: ["iife"] },
      rollupOptions: {
        external: ["react", "react-dom", "@remote-ui/react"],
        output: { globals: { react: "React", "@remote-ui/react": "RemoteUI" }, extend: true },
      },
    },
  });
  const [{ output }] = built as unknown as [{ output: { code: string }[] }];
  return output.map(({ code }) => code).join("\n");
}

test.each(["/app/settings/settings.tsx", "/app/cards/contact-webinars.tsx"])(
  "%s is built as HubSpot builds it, and puts its screen up in HubSpot's worker",
  async (entry) => {
    const code = await bundle(entry);
    expect(code.length).toBeLessThan(200_000);
    const worker = { __HUBSPOT_EXTENSION_WORKER__: true, extend_V2: vi.fn() };
    new Function("self", "React", "RemoteUI", code)(worker, React, RemoteUI);
    expect(worker.extend_V2).toHaveBeenCalledTimes(1);
    expect(React.isValidElement(worker.extend_V2.mock.calls[0]?.[0]())).toBe(true);
  },
);
