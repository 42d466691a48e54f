import { expect, test } from "vitest";
import { sourceFiles } from "./source-files.js";

const TITLE = /^\s*(?:test|it)(?:\.\w+(?:\([^)]*\))?)*\(\s*(["'`])((?:\\.|(?!\1).)*)\1/gm;
const VAGUE = /\b(should|correctly|properly|works)\b/i;

const files = sourceFiles("test", ".test.ts");

function titlesOf(text: string): string[] {
  return [...text.matchAll(TITLE)].map((match) => match[2]!);
}

test.each(files.map(({ path, text }) => ({ path, text })))("$path has titles that say what is so", ({ text }) => {
  const vague = titlesOf(text).filter((title) => VAGUE.test(title));
  expect(vague, "say what happens, under which condition: symbol, behaviour, condition").toEqual([]);
});

test.each(files.map(({ path, text }) => ({ path, text })))("$path has each title once", ({ text }) => {
  const titles = titlesOf(text);
  const twice = titles.filter((title, index) => titles.indexOf(title) !== index);
  expect(twice, "two tests of one name cannot be told apart in a report").toEqual([]);
});

test.each(files.map(({ path, text }) => ({ path, text })))("$path does not wait by the clock", ({ text }) => {
  const waits = text.split("\n").filter((line) => /\bawait (sleep|delay|setTimeout)\(/.test(line));
  expect(waits, "arrival has a deadline, non-arrival a fence datagram that does arrive").toEqual([]);
});
