import { checkChoice, checkFunction, InvalidArgumentError } from "@groupcast/base";
import { REACTOR_ERRORS } from "../reactor-errors.js";

/** Phase in which a trigger runs: before the event, at it, or after it. */
export type TriggerPhase = "before" | "during" | "after";
/** Event that triggers wait for. */
export type SystemEvent = "startup" | "shutdown";

/** Id of a trigger that has not run. */
export type TriggerId = symbol;

interface Trigger {
  readonly id: TriggerId;
  readonly phase: TriggerPhase;
  readonly event: SystemEvent;
  readonly call: () => unknown;
}

const PHASES: readonly TriggerPhase[] = ["before", "during", "after"];
const EVENTS: readonly SystemEvent[] = ["startup", "shutdown"];

/** Checks that `event` is one that triggers wait for. @throws InvalidArgumentError `ERR_NAME_UNKNOWN`, `ERR_ARGUMENT_TYPE`. */
export function checkSystemEvent(operation: string, event: unknown): void {
  checkChoice(operation, "event", event, EVENTS);
}

/** Triggers that run when a reactor starts and stops: each once, in the order they were added. */
export class SystemEvents {
  readonly #triggers: Trigger[] = [];
  readonly #onThrow: (error: unknown) => void;

  /** @param onThrow - Receives errors that triggers throw or reject with. */
  constructor(onThrow: (error: unknown) => void) {
    this.#onThrow = onThrow;
  }

  /** Adds a trigger. @throws InvalidArgumentError `ERR_NAME_UNKNOWN`, `ERR_ARGUMENT_TYPE`. */
  add(phase: TriggerPhase, event: SystemEvent, call: () => unknown): TriggerId {
    const operation = "addSystemEventTrigger";
    checkChoice(operation, "phase", phase, PHASES);
    checkSystemEvent(operation, event);
    checkFunction(operation, "fn", call);
    const id = Symbol(`${phase} ${event}`);
    this.#triggers.push({ id, phase, event, call });
    return id;
  }

  /** Removes a trigger. @throws InvalidArgumentError `ERR_TRIGGER_UNKNOWN`. */
  remove(id: TriggerId): void {
    const index = this.#triggers.findIndex((trigger) => trigger.id === id);
    if (index < 0)
      throw new InvalidArgumentError(REACTOR_ERRORS.ERR_TRIGGER_UNKNOWN, {
        operation: "removeSystemEventTrigger",
        argument: "id",
        value: id,
      });
    this.#triggers.splice(index, 1);
  }

  /** Runs the triggers of one phase; settles when all promises that they returned have settled. A failure is reported and stops nothing. */
  async run(phase: TriggerPhase, event: SystemEvent): Promise<void> {
    const pending: Promise<unknown>[] = [];
    for (let trigger = this.#take(phase, event); trigger !== undefined; trigger = this.#take(phase, event)) {
      pending.push(this.#call(trigger));
    }
    await Promise.all(pending);
  }

  #take(phase: TriggerPhase, event: SystemEvent): Trigger | undefined {
    const index = this.#triggers.findIndex((trigger) => trigger.phase === phase && trigger.event === event);
    return index < 0 ? undefined : this.#triggers.splice(index, 1)[0];
  }

  async #call({ call }: Trigger): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#onThrow(error);
    }
  }
}
