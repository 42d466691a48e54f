/**
 * Schemas of zod, valibot, arktype and others: what they have in common (standardschema.dev, version 1). Declared here, as that
 * specification allows, so that nothing is installed for it.
 */

import { inspect } from "node:util";
import { BASE_ERRORS, InvalidArgumentError } from "@groupcast/base";
import type { Codec } from "./codec.js";

/** A schema that takes `In` and yields `Out`. */
export interface StandardSchema<In = unknown, Out = In> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Out> | Promise<StandardResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

/** What validation comes to: a value, or issues. */
export type StandardResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** What a schema takes, and what it yields. */
export type SchemaInput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["input"];
/** What a schema makes of what it checks. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

/** A received value that its schema does not allow. */
export class SchemaMismatchError extends Error {
  readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[];

  constructor(issues: SchemaMismatchError["issues"]) {
    super(`The value does not fit the schema: ${issues.map(({ message }) => message).join("; ")}`);
    this.name = "SchemaMismatchError";
    this.issues = issues;
  }
}

/** `codec`, with every value validated: what is published before it is encoded, what is received after it was decoded. */
export function withSchema<In, Out>(codec: Codec<unknown>, schema: StandardSchema<In, Out>): Codec<In, Out> {
  return {
    name: codec.name,
    encode(value) {
      const { issues } = validate(schema, value);
      if (issues === undefined) return codec.encode(value);
      const expected = `a value that fits the schema (${issues.map(({ message }) => message).join("; ")})`;
      throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, { operation: "publish", argument: "value", value, expected });
    },
    decode(bytes) {
      const result = validate(schema, codec.decode(bytes));
      if (result.issues === undefined) return result.value;
      throw new SchemaMismatchError(result.issues);
    },
  };
}

/** Messages are delivered when they arrive, so a schema that has to wait for something cannot be had. */
function validate<Out>(schema: StandardSchema<unknown, Out>, value: unknown): StandardResult<Out> {
  const result = schema["~standard"].validate(value);
  if (!(result instanceof Promise)) return result;
  result.catch(() => {}); // its outcome is of no use any more
  const expected = `a schema that validates at once, not ${inspect(result)}`;
  throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, { operation: "validate", argument: "schema", value: schema, expected });
}
