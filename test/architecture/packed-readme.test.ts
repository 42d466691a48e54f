// npm shows a README far from the files that it links to: packing makes the links whole.
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "./source-files.js";

const { linksIntoTheRepository, withWholeLinks } = (await import(`${ROOT}scripts/pack/readme.mjs`)) as {
  linksIntoTheRepository: (text: string) => string[];
  withWholeLinks: (text: string, manifest: object) => string;
};

const ADDRESS = "https://example.org/team/groupcast";
const MANIFEST = { version: "1.2.3", repository: { url: `git+${ADDRESS}.git`, directory: "packages/base" } };

const LINKS: Readonly<Record<string, string>> = {
  "[a](../../docs/errors.md#codes)": `[a](${ADDRESS}/blob/v1.2.3/docs/errors.md#codes)`,
  "[a](src/index.ts)": `[a](${ADDRESS}/blob/v1.2.3/packages/base/src/index.ts)`,
  "![a](../../docs/pictures/a.svg)": `![a](${ADDRESS}/raw/v1.2.3/docs/pictures/a.svg)`,
  "[a `b`](../reactor/README.md), [c](../cli/README.md)": `[a \`b\`](${ADDRESS}/blob/v1.2.3/packages/reactor/README.md), [c](${ADDRESS}/blob/v1.2.3/packages/cli/README.md)`,
  "[a](https://example.com/b)": "[a](https://example.com/b)",
  "[a](#more)": "[a](#more)",
};

test.each(Object.entries(LINKS))("withWholeLinks() makes of %s what is right anywhere", (link, whole) => {
  expect(withWholeLinks(link, MANIFEST)).toBe(whole);
});

test("withWholeLinks() leaves a README as it is while nobody knows the repository's address", () => {
  expect(withWholeLinks("[a](../../docs/errors.md)", { version: "1.2.3" })).toBe("[a](../../docs/errors.md)");
});

test("READMEs of packages keep no link into the repository when they are packed", () => {
  const readmes = sourceFiles("packages", "README.md");
  const links = readmes.flatMap(({ text }) => linksIntoTheRepository(text));
  expect(links.length).toBeGreaterThan(30); // the fence: they are found
  expect(readmes.flatMap(({ text }) => linksIntoTheRepository(withWholeLinks(text, MANIFEST)))).toEqual([]);
});
