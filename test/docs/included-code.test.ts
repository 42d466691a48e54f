import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "../architecture/source-files.js";

test("fences of the guides show the files that they name, as these are", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/included-code.mjs", "--check"], { cwd: ROOT, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("programs of the guides can be pasted into an empty folder: they import packages and nothing beside them", () => {
  const programs = sourceFiles("docs", ".md").flatMap(({ path, text }) =>
    [...text.matchAll(/^<!-- from (\S+\.ts) -->\n\n```typescript\n([\s\S]*?)^```$/gm)].map(([, file, code]) => ({
      path,
      file,
      code: code!,
    })),
  );
  expect(programs.length).toBeGreaterThan(10);
  expect(programs.filter(({ code }) => /from "\.|import\("\./.test(code)).map(({ path, file }) => `${path}: ${file}`)).toEqual([]);
});
