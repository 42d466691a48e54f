/** Parameters as nodes define and describe them. */
import type { SchemaOutput, StandardSchema } from "../channel/standard-schema.js";

/** Largest value of a parameter, in bytes as JSON. */
export const MAX_VALUE_BYTES = 16_384;

/** A value that JSON can represent (RFC 8259). */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A parameter of a node. */
export interface ParameterDefinition {
  /** Its initial value. Later values have the same type: `"boolean"`, `"number"`, `"string"`, `"array"`, `"object"` or `"null"`. */
  readonly value: JsonValue;
  /** Description in one sentence, at most 1,024 characters. */
  readonly description?: string | undefined;
  /** Smallest number; finite. */
  readonly minimum?: number | undefined;
  /** Largest number; finite. */
  readonly maximum?: number | undefined;
  /** Allowed values, 1 … 256 strings or numbers, together at most 16,384 bytes as JSON. */
  readonly choices?: readonly (string | number)[] | undefined;
  /**
   * Checks values, instead of their type, bounds and choices: any library that supports standardschema.dev. Its result becomes the value.
   */
  readonly schema?: StandardSchema | undefined;
  /** Refuses every `set()`, including this node's own. Default false. */
  readonly readOnly?: boolean | undefined;
  /** Lets other nodes set it. Without a `seal` of the node, everybody on the network can. Default false. */
  readonly settable?: boolean | undefined;
}

/** The parameters of a node, by name. A name is 1 to 64 letters, digits, `_`, `.`, `-` and `/`. At most 1,024. */
export type ParameterDefinitions = Readonly<Record<string, ParameterDefinition>>;

/** No parameters. */
export type NoParameters = Readonly<Record<never, ParameterDefinition>>;

/** Type of a parameter's values: the result of its schema, one of its choices, or the type of its first value. */
export type ParameterValue<D extends ParameterDefinition> =
  D extends Readonly<Record<"schema", infer S extends StandardSchema>>
    ? SchemaOutput<S>
    : D extends Readonly<Record<"choices", readonly (infer Choice)[]>>
      ? Choice
      : Widened<D["value"]>;

/** Type of the values that are like a literal: `number` for `10`. */
export type Widened<T> = T extends boolean
  ? boolean
  : T extends number
    ? number
    : T extends string
      ? string
      : T extends readonly (infer Item)[]
        ? readonly Widened<Item>[]
        : T extends object
          ? { readonly [Key in keyof T]: Widened<T[Key]> }
          : T;

/** A parameter, as `list()` describes it. */
export interface ParameterDescription {
  /** Its name. */
  readonly name: string;
  /** Its value now. */
  readonly value: JsonValue;
  /** Description in one sentence. */
  readonly description?: string | undefined;
  /** Smallest number. */
  readonly minimum?: number | undefined;
  /** Largest number. */
  readonly maximum?: number | undefined;
  /** Values that are allowed. */
  readonly choices?: readonly (string | number)[] | undefined;
  /** Whether nobody can set it. */
  readonly readOnly: boolean;
  /** Whether other nodes can set it. */
  readonly settable: boolean;
}

/** The node that set a parameter. Nobody checks name and session; `signer` is authenticated. */
export interface ParameterAuthor {
  /** Name of the node. */
  readonly name: string;
  /** Random number that identifies the node: 16 hexadecimal digits. */
  readonly session: string;
  /** Whether it is another node. */
  readonly isRemote: boolean;
  /** Name of the member that signed the request, if the node's `seal` verifies signatures. */
  readonly signer?: string | undefined;
}

/** Change of a parameter. */
export interface ParameterChange<Name extends string = string, Value = JsonValue> {
  /** Its name. */
  readonly name: Name;
  /** Its value from now on. */
  readonly value: Value;
  /** Its value before. */
  readonly previous: Value;
  /** The node that set it. */
  readonly by: ParameterAuthor;
  /** Number of changes of the node's parameters until now, with this one. */
  readonly revision: number;
}

/** A change of any of these parameters. */
export type AnyParameterChange<P extends ParameterDefinitions> = {
  [Name in keyof P & string]: ParameterChange<Name, ParameterValue<P[Name]>>;
}[keyof P & string];
