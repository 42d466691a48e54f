/** One parameter: its definition, checked, and its value. */
import {
  BASE_ERRORS,
  checkBoolean,
  checkOptions,
  checkString,
  InvalidArgumentError,
  isThenable,
  outOfRange,
  preview,
  watchRejection,
  wrongType,
} from "@groupcast/base";
import { CHANNEL_ERRORS } from "../contract/channel-errors.js";
import type { ParameterErrorDefinition } from "../contract/parameter-errors.js";
import { type JsonValue, MAX_VALUE_BYTES, type ParameterDefinition, type ParameterDescription } from "./parameter-definition.js";

const NAME = /^[A-Za-z0-9_./-]{1,64}$/;
const MAX_DESCRIPTION = 1024;
const MAX_CHOICES = 256;
const OPERATION = "new ChannelNode";
const KEYS = ["value", "description", "minimum", "maximum", "choices", "schema", "readOnly", "settable"] as const;

/** Objection to a value. */
export interface Objection {
  readonly refusal: ParameterErrorDefinition;
  readonly reason: string;
}

/** Result of a check: the value that the parameter takes, or an objection. */
export type Checked = { readonly value: JsonValue; readonly json: string } | Objection;

/** A parameter of a node. */
export class Parameter {
  readonly name: string;
  readonly #definition: Partial<ParameterDefinition>;
  readonly #type: string;
  #value: JsonValue;
  #json: string;
  /** Revision of the latest change; 0 when it has its first value. */
  revision = 0;

  /** Checks a definition. @throws InvalidArgumentError for each part of it that is unknown or wrong. */
  constructor(name: string, given: ParameterDefinition) {
    if (!NAME.test(name))
      throw new InvalidArgumentError(CHANNEL_ERRORS.ERR_PARAMETER_NAME, { operation: OPERATION, argument: "parameters", value: name });
    this.name = name;
    this.#definition = checkDefinition(name, given);
    this.#type = typeOf(given.value);
    const checked = this.check(given.value);
    if ("refusal" in checked)
      throw outOfRange(OPERATION, `parameters.${name}.value`, given.value, `a value that its definition allows (${checked.reason})`);
    this.#value = checked.value;
    this.#json = checked.json;
  }

  /** Its value; frozen. */
  get value(): JsonValue {
    return this.#value;
  }

  get isReadOnly(): boolean {
    return this.#definition.readOnly === true;
  }

  /** Whether other nodes can set it. */
  get isSettable(): boolean {
    return this.#definition.settable === true;
  }

  /** Returns its description for people and programs. */
  get description(): ParameterDescription {
    const { description, minimum, maximum, choices } = this.#definition;
    const all = {
      name: this.name,
      value: this.#value,
      description,
      minimum,
      maximum,
      choices,
      readOnly: this.isReadOnly,
      settable: this.isSettable,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as ParameterDescription;
  }

  /** Returns what the parameter takes for a value, or an objection to it. Never throws, whatever the value. */
  check(value: unknown): Checked {
    try {
      return this.#check(value);
    } catch (error) {
      return { refusal: CHANNEL_ERRORS.ERR_PARAMETER_TYPE, reason: `the value cannot be read: ${messageOf(error)}` };
    }
  }

  /** Takes a checked value; returns whether it is another one than before. */
  take({ value, json }: { readonly value: JsonValue; readonly json: string }): boolean {
    if (json === this.#json) return false;
    this.#value = value;
    this.#json = json;
    return true;
  }

  #check(value: unknown): Checked {
    const { schema } = this.#definition;
    if (schema !== undefined) {
      const result = schema["~standard"].validate(value);
      if (isThenable(result)) {
        watchRejection(result, () => {}); // nobody needs its outcome
        return { refusal: CHANNEL_ERRORS.ERR_PARAMETER_TYPE, reason: "the schema validates asynchronously, and must do so synchronously" };
      }
      if (result.issues !== undefined)
        return { refusal: CHANNEL_ERRORS.ERR_PARAMETER_RANGE, reason: result.issues.map(({ message }) => message).join(", ") };
      return frozenJson(result.value);
    }
    if (typeOf(value) !== this.#type) return this.#wrongType(value);
    const reason = this.#boundsBroken(value);
    if (reason !== undefined) return { refusal: CHANNEL_ERRORS.ERR_PARAMETER_RANGE, reason: `${preview(value)} is ${reason}` };
    const checked = frozenJson(value);
    return "refusal" in checked || typeOf(checked.value) === this.#type ? checked : this.#wrongType(checked.value); // toJSON() of a Date
  }

  #wrongType(value: unknown): Objection {
    return { refusal: CHANNEL_ERRORS.ERR_PARAMETER_TYPE, reason: `${preview(value)} is no ${this.#type}` };
  }

  #boundsBroken(value: unknown): string | undefined {
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, choices } = this.#definition;
    if (choices !== undefined && !choices.includes(value as string)) return `none of ${preview(choices.join(", "))}`;
    if (typeof value !== "number") return undefined;
    if (!Number.isFinite(value)) return "no number that JSON can represent";
    if (value < minimum) return `less than ${minimum}`;
    return value > maximum ? `more than ${maximum}` : undefined;
  }
}

function checkDefinition(name: string, given: ParameterDefinition): Partial<ParameterDefinition> {
  const argument = (key: string): string => `parameters.${name}.${key}`;
  const definition = checkOptions(OPERATION, given, KEYS);
  const { description, minimum, maximum, choices, schema, readOnly = false, settable = false } = definition;
  if (description !== undefined && checkString(OPERATION, argument("description"), description).length > MAX_DESCRIPTION)
    throw outOfRange(OPERATION, argument("description"), description, `at most ${MAX_DESCRIPTION} characters`);
  for (const [key, bound] of Object.entries({ minimum, maximum }))
    if (bound !== undefined && !Number.isFinite(bound))
      throw wrongType(OPERATION, argument(key), bound, "a number that JSON can represent");
  if (schema !== undefined && typeof schema?.["~standard"]?.validate !== "function")
    throw wrongType(OPERATION, argument("schema"), schema, "a Standard Schema, as zod, valibot and arktype make it");
  checkBoolean(OPERATION, argument("readOnly"), readOnly);
  if (checkBoolean(OPERATION, argument("settable"), settable) && readOnly) throw contradiction(argument("settable"));
  return { ...definition, choices: choices === undefined ? choices : choicesOf(argument("choices"), choices) };
}

/** Returns a copy that nobody can change. */
function choicesOf(argument: string, choices: readonly (string | number)[]): readonly (string | number)[] {
  if (areChoices(choices)) return Object.freeze([...choices]);
  throw wrongType(OPERATION, argument, choices, `1 to ${MAX_CHOICES} strings or numbers, of ${MAX_VALUE_BYTES} bytes as JSON`);
}

function contradiction(argument: string): InvalidArgumentError {
  const meaning = "contradicts readOnly";
  return new InvalidArgumentError(BASE_ERRORS.ERR_ARGUMENT_RANGE, { operation: OPERATION, argument, value: true, meaning });
}

function areChoices(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_CHOICES) return false;
  if (!value.every((choice) => typeof choice === "string" || Number.isFinite(choice))) return false;
  return Buffer.byteLength(JSON.stringify(value)) <= MAX_VALUE_BYTES; // an entry of list() has to fit a packet
}

/** Returns the message of what user code threw, as a preview. */
function messageOf(thrown: unknown): string {
  try {
    return preview((thrown as Error | undefined)?.message);
  } catch {
    return "it threw a value that cannot be read either";
  }
}

/** Returns the type of a value, in JSON's words; JavaScript's for values that JSON does not have. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Returns a copy of a value as JSON has it, that nobody can change. */
function frozenJson(value: unknown): Checked {
  const json: string | undefined = JSON.stringify(value);
  if (json === undefined) return { refusal: CHANNEL_ERRORS.ERR_PARAMETER_TYPE, reason: `${preview(value)} cannot be written as JSON` };
  const lengthBytes = Buffer.byteLength(json);
  if (lengthBytes > MAX_VALUE_BYTES)
    return { refusal: CHANNEL_ERRORS.ERR_PARAMETER_RANGE, reason: `it has ${lengthBytes} bytes as JSON, more than ${MAX_VALUE_BYTES}` };
  return { value: JSON.parse(json, (_, part: unknown) => Object.freeze(part)) as JsonValue, json };
}
