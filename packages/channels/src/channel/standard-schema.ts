/**
 * The common interface of zod's, valibot's, arktype's and other schemas (standardschema.dev, version 1). The specification allows a copy
 * of its types, so the package needs no dependency for it.
 */

import { BASE_ERRORS, InvalidArgumentError, isThenable, watchRejection } from "@groupcast/base";
import type { Codec } from "./codec.js";

/** A schema that takes `In` and yields `Out`, as zod, valibot and arktype make it (standardschema.dev). */
export interface StandardSchema<In = unknown, Out = In> {
  /** The properties that the specification defines. */
  readonly "~standard": {
    /** Version of the specification. */
    readonly version: 1;
    /** Name of the schema library. */
    readonly vendor: string;
    /** Validates a value. It must not return a promise: channels validate when a message arrives. */
    readonly validate: (value: unknown) => StandardResult<Out> | Promise<StandardResult<Out>>;
    /** Types of input and output; never set at run time. */
    readonly types?: StandardTypes<In, Out> | undefined;
  };
}

/** Types of a schema, only for the compiler. */
export interface StandardTypes<In, Out> {
  /** Type that the schema takes. */
  readonly input: In;
  /** Type that it yields. */
  readonly output: Out;
}

/** Result of a validation: a value, or issues. */
export type StandardResult<Out> = StandardSuccess<Out> | StandardFailure;

/** Result of a validation that found no issue. */
export interface StandardSuccess<Out> {
  /** The value, as the schema yields it. */
  readonly value: Out;
  /** Absent. */
  readonly issues?: undefined;
}

/** Result of a validation that found issues. */
export interface StandardFailure {
  /** The issues, one or more. */
  readonly issues: readonly StandardIssue[];
}

/** One complaint of a schema about a value. */
export interface StandardIssue {
  /** The complaint, as text. */
  readonly message: string;
  /** Path to the part of the value that it concerns: keys, or objects with a `key`. */
  readonly path?: readonly unknown[] | undefined;
}

/** Type that a schema takes: the type of published values. */
export type SchemaInput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["input"];
/** Type that a schema yields: the type of received values. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S["~standard"]["types"]>["output"];

/** A received value does not fit the schema. The channel reports it with the event `undecodable`. */
export class SchemaMismatchError extends Error {
  /** The schema's complaints. */
  readonly issues: readonly StandardIssue[];

  /** Makes the error for a value with these issues. */
  constructor(issues: readonly StandardIssue[]) {
    super(`The value does not fit the schema: ${issues.map(({ message }) => message).join("; ")}`);
    this.name = "SchemaMismatchError";
    this.issues = issues;
  }
}

/** Returns `codec` with validation: of published values before it encodes them, and of received values after it has decoded them. */
export function withSchema<In, Out>(codec: Codec<unknown>, schema: StandardSchema<In, Out>): Codec<In, Out> {
  return {
    name: codec.name,
    encode(value) {
      const { issues } = validate("publish", schema, value);
      if (issues === undefined) return codec.encode(value);
      const meaning = `does not fit the schema (${issues.map(({ message }) => message).join(", ")})`;
      const expected = "a value that the schema accepts";
      throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, { operation: "publish", argument: "value", value, meaning, expected });
    },
    decode(bytes) {
      const result = validate("decode", schema, codec.decode(bytes));
      if (result.issues === undefined) return result.value;
      throw new SchemaMismatchError(result.issues);
    },
  };
}

/** Validates at once. A schema that returns a promise is refused, as messages are delivered when they arrive. */
function validate<Out>(operation: string, schema: StandardSchema<unknown, Out>, value: unknown): StandardResult<Out> {
  const result = schema["~standard"].validate(value);
  if (!isThenable(result)) return result;
  watchRejection(result, () => {}); // nobody needs its outcome
  const meaning = "validates asynchronously, and a message is delivered when it arrives";
  const expected = "a schema that validates synchronously";
  throw new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_TYPE, {
    operation,
    argument: "schema",
    value: schema,
    shown: "the schema",
    meaning,
    expected,
  });
}
