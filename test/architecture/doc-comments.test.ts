import { expect, test } from "vitest";
import { sourceFiles } from "./source-files.js";

/** A doc comment that opens with a question instead of a verb or a noun. */
const OPENS_WITH_QUESTION = /\/\*\*\s*(?:\* ?)?\s*(?:What|Who|Whom|Where|How|Which)\b[^\n]*/g;

const sources = [".ts", ".h", ".cc"].flatMap((ending) => sourceFiles("packages", ending)).filter(({ path }) => path.includes("/src/"));

test("doc comments open with a verb or a noun, not with What, Who, Where, How or Which", () => {
  const wrong = sources.flatMap(({ path, text }) => [...text.matchAll(OPENS_WITH_QUESTION)].map(([comment]) => `${path}: ${comment}`));
  expect(wrong, 'say "Returns …", "Joins …", or name the thing: "Number of …"').toEqual([]);
});
