import { Emitter, Eventful, type EventTable, outOfRange, wrongType } from "@groupcast/base";
import { CHANNEL_ERRORS } from "../contract/channel-errors.js";
import { ParameterError } from "../contract/parameter-errors.js";
import { Parameter } from "./parameter.js";
import type {
  AnyParameterChange,
  JsonValue,
  ParameterAuthor,
  ParameterChange,
  ParameterDefinitions,
  ParameterDescription,
  ParameterValue,
} from "./parameter-definition.js";

const MAX_PARAMETERS = 1024;

/** Events of a node's parameters. */
export type ParameterEvents<P extends ParameterDefinitions = ParameterDefinitions> = {
  /** The value of a parameter changed, set by this node or by another. Setting the same value again changes nothing. */
  change: (change: AnyParameterChange<P>) => void;
};

const EVENTS: EventTable<ParameterEvents> = { change: "the value of a parameter changed" };

/** Makes the parameters of a node. */
export let makeParameters: <P extends ParameterDefinitions>(given: P | undefined, owner: ParameterOwner) => NodeParameters<P>;

/** Sets a parameter for another node. @throws ParameterError, also when the parameter is not settable. */
export let setFor: (parameters: NodeParameters<ParameterDefinitions>, name: string, value: unknown, by: ParameterAuthor) => JsonValue;

/** The parameters of a node, for those who serve them to others. */
export let parametersIn: (parameters: NodeParameters<ParameterDefinitions>) => ReadonlyMap<string, Parameter>;

/** The part of a node that its parameters use. */
export interface ParameterOwner {
  readonly name: string;
  readonly session: string;
  /** Announces a change to other nodes, before listeners learn of it. */
  readonly changed: (change: ParameterChange) => void;
  readonly report: (error: unknown) => void;
}

/** The parameters of a node: `node.parameters`. Other nodes read them, and set those that are `settable`, by `node.parametersOf()`. */
export class NodeParameters<P extends ParameterDefinitions> extends Eventful<ParameterEvents<P>> {
  static {
    // Nodes call these, users do not; so they are no members that users see.
    makeParameters = (given, owner) => new NodeParameters(given, owner);
    setFor = (parameters, name, value, by) => parameters.#set(name, value, by);
    parametersIn = (parameters) => parameters.#parameters;
  }
  readonly #emitter: Emitter<ParameterEvents<P>>;
  readonly #owner: ParameterOwner;
  readonly #parameters = new Map<string, Parameter>();
  #revision = 0;

  private constructor(given: P | undefined, owner: ParameterOwner) {
    const emitter = new Emitter<ParameterEvents<P>>(EVENTS as EventTable<ParameterEvents<P>>);
    super(emitter);
    emitter.listenerThrew = owner.report;
    this.#emitter = emitter;
    this.#owner = owner;
    if (given === undefined) return;
    if (typeof given !== "object" || given === null) throw wrongType("new ChannelNode", "parameters", given, "an object of definitions");
    const all = Object.entries(given);
    if (all.length > MAX_PARAMETERS) throw outOfRange("new ChannelNode", "parameters", all.length, `at most ${MAX_PARAMETERS} parameters`);
    for (const [name, definition] of all) this.#parameters.set(name, new Parameter(name, definition));
  }

  /** Number of changes until now. */
  get revision(): number {
    return this.#revision;
  }

  /** Returns the value of a parameter, frozen. @throws ParameterError `ERR_PARAMETER_UNKNOWN`. */
  get<Name extends keyof P & string>(name: Name): ParameterValue<P[Name]> {
    return this.#named("get", name).value as ParameterValue<P[Name]>;
  }

  /**
   * Sets a parameter, and announces the change.
   *
   * @returns The value that the parameter now has: the result of its schema, or a copy through JSON.
   * @throws ParameterError `ERR_PARAMETER_UNKNOWN`, `ERR_PARAMETER_TYPE`, `ERR_PARAMETER_RANGE` (bounds, choices, the schema, or more than
   * 16,384 bytes as JSON), `ERR_PARAMETER_READ_ONLY`. The parameter then keeps its value.
   */
  set<Name extends keyof P & string>(name: Name, value: ParameterValue<P[Name]>): ParameterValue<P[Name]> {
    const { name: node, session } = this.#owner;
    return this.#set(name, value, { name: node, session, isRemote: false }) as ParameterValue<P[Name]>;
  }

  /** Returns all parameters, in the order of their definition, with their values, bounds and descriptions. */
  list(): readonly ParameterDescription[] {
    return [...this.#parameters.values()].map(({ description }) => description);
  }

  #set(name: string, given: unknown, by: ParameterAuthor): JsonValue {
    const parameter = this.#named("set", name);
    const subject = { parameter: name };
    if (parameter.isReadOnly) throw new ParameterError(CHANNEL_ERRORS.ERR_PARAMETER_READ_ONLY, "set", subject);
    if (by.isRemote && !parameter.isSettable) throw new ParameterError(CHANNEL_ERRORS.ERR_PARAMETER_NOT_SETTABLE, "set", subject);
    const checked = parameter.check(given);
    if ("refusal" in checked) throw new ParameterError(checked.refusal, "set", subject, { reason: checked.reason });
    const previous = parameter.value;
    if (!parameter.take(checked)) return previous;
    this.#revision++;
    parameter.revision = this.#revision;
    const change = { name, value: checked.value, previous, by, revision: this.#revision };
    this.#owner.changed(change);
    this.#emitter.emit("change", change as unknown as AnyParameterChange<P>);
    return checked.value;
  }

  #named(operation: string, name: string): Parameter {
    const parameter = this.#parameters.get(name);
    if (parameter !== undefined) return parameter;
    throw new ParameterError(CHANNEL_ERRORS.ERR_PARAMETER_UNKNOWN, operation, { parameter: String(name) });
  }
}
