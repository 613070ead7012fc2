import { translate } from "@hubspot/project-parsing-lib/translate";
import {
  collectWorkspaceDirectories,
  findAndParsePackageJsonFiles,
} from "@hubspot/project-parsing-lib/workspaces";
import { expect, test } from "vitest";

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
