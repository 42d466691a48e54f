/**
 * Watches the parameters of another node.
 *
 * Theory of operation: changes are numbered, and published. The next number is delivered at once. A gap is closed by asking for the changes
 * since the latest number, and every few seconds the watch asks, too, as the last change may be the one that was lost. A smaller number at
 * the owner than here is another life of the owner, or the work of a forger: then the whole list is read again.
 */
import { callGuarded, type ScheduledCall } from "@groupcast/base";
import type { ChannelRequestOptions } from "../channel/questions.js";
import type { Subscription } from "../channel/subscription.js";
import type { ParameterChannel, ParameterClient } from "./parameter-client.js";
import type { JsonValue, ParameterAuthor } from "./parameter-definition.js";
import { readChange, type WireChange } from "./parameter-protocol.js";

const CHECK_MS = 5000;
const GAP_MS = 100; // anybody can publish a gap
const JITTER = 0.5;
const WAITS: ChannelRequestOptions = { timeoutMs: 2000, attempts: 2 };
const MAX_KNOWN = 1024; // parameters

/** Change of a parameter of another node. */
export interface RemoteParameterChange {
  /** Name of the parameter. */
  readonly name: string;
  /** Its value from now on. */
  readonly value: JsonValue;
  /** Its value before, as far as this node knows; `undefined` if it did not exist. */
  readonly previous: JsonValue | undefined;
  /** The node that set it, according to the owner; `undefined` when the owner has restarted meanwhile. */
  readonly by: ParameterAuthor | undefined;
  /** Number of changes of the owner's parameters until then. */
  readonly revision: number;
}

/** A watch over the parameters of another node. `watch()` makes it. */
export interface ParameterWatch {
  /** Whether it reports changes: until {@link ParameterWatch.close}, or until this node closes. */
  readonly isActive: boolean;
  /** Whether the owner answered the latest question. The watch keeps asking. */
  readonly isConnected: boolean;
  /** Number of the latest known change. */
  readonly revision: number;
  /** Stops reporting. A further call changes nothing. */
  close(): void;
  /** Closes at the end of `using`; {@link ParameterWatch.close}. */
  [Symbol.dispose](): void;
}

export class ParameterWatching implements ParameterWatch {
  readonly #client: ParameterClient;
  readonly #listener: (change: RemoteParameterChange) => void;
  readonly #known = new Map<string, { readonly value: JsonValue; readonly json: string }>();
  readonly #ended = new AbortController();
  #channel: ParameterChannel | undefined; // whose list was read
  #subscription: Subscription | undefined;
  #revision = 0;
  #isConnected = false;
  #isChecking = false;
  #hasGap = false;
  #next: ScheduledCall | undefined;
  #forget = (): void => {};

  constructor(client: ParameterClient, listener: (change: RemoteParameterChange) => void) {
    this.#client = client;
    this.#listener = listener;
  }

  /** Reads the list, and watches from then on. */
  async start(options: ChannelRequestOptions | undefined): Promise<void> {
    await this.#connect(options, () => {});
    this.#forget = this.#client.nodes.closeWithNode(this);
    this.#schedule(CHECK_MS);
  }

  get isActive(): boolean {
    return !this.#ended.signal.aborted;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  get revision(): number {
    return this.#revision;
  }

  close(): void {
    this.#ended.abort();
    this.#next?.cancel();
    this.#subscription?.unsubscribe();
    this.#forget();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Finds the owner, and reads its list if this is another one than before, or is to be read again. */
  async #connect(options: ChannelRequestOptions | undefined, report: (change: WireChange) => void): Promise<void> {
    const channel = await this.#client.connect({ operation: "watch", options });
    if (channel === this.#channel && !channel.isClosed) return;
    this.#subscription?.unsubscribe();
    this.#channel = undefined;
    this.#subscription = channel.subscribe((given) => this.#published(readChange(given)));
    try {
      const { revision, parameters } = await this.#client.list(channel, { operation: "watch", options });
      this.#channel = channel;
      this.#revision = revision;
      const names = new Set(parameters.map(({ name }) => name));
      for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name); // of an owner that started again without it
      for (const { name, value } of parameters) this.#take({ revision, name, value }, report);
      this.#isConnected = true;
    } catch (error) {
      this.#subscription.unsubscribe();
      throw error;
    }
  }

  async #catchUp(): Promise<void> {
    const channel = this.#channel!;
    for (let since = -1; since < this.#revision; ) {
      since = this.#revision;
      const answer = await this.#client.changes(channel, since, { operation: "watch", options: this.#options });
      if (answer.revision < this.#revision) this.#channel = undefined; // read the list at the next check, which is soon
      if (this.#channel !== channel) return this.#foundGap();
      for (const change of answer.changes) this.#takeNext(change);
      if (!answer.isMore) {
        this.#revision = Math.max(this.#revision, answer.revision);
        return;
      }
    }
    this.#foundGap(); // there is more, it says, and tells nothing that is new
  }

  get #options(): ChannelRequestOptions {
    return { ...WAITS, signal: this.#ended.signal };
  }

  #published(change: WireChange | undefined): void {
    if (change === undefined || this.#channel === undefined || change.revision <= this.#revision) return;
    if (change.revision === this.#revision + 1) this.#takeNext(change);
    else this.#foundGap();
  }

  #foundGap(): void {
    if (this.#hasGap || !this.isActive) return;
    this.#hasGap = true;
    if (!this.#isChecking) this.#schedule(GAP_MS);
  }

  #schedule(delayMs: number): void {
    this.#next?.cancel();
    this.#next = this.#client.nodes.clock.schedule(delayMs * (1 + JITTER * Math.random()), () => void this.#check());
  }

  async #check(): Promise<void> {
    this.#hasGap = false;
    this.#isChecking = true;
    try {
      await this.#connect(this.#options, (change) => this.#report(change));
      await this.#catchUp();
      this.#isConnected = true;
    } catch {
      this.#isConnected = false; // the next check may find the owner
    }
    this.#isChecking = false;
    if (this.isActive) this.#schedule(this.#hasGap ? GAP_MS : CHECK_MS);
  }

  #takeNext(change: WireChange): void {
    if (change.revision <= this.#revision) return; // published meanwhile
    this.#revision = change.revision;
    this.#take(change, (taken) => this.#report(taken));
  }

  /** Remembers a value, and reports it when it differs from the one before. */
  #take(change: WireChange, report: (change: WireChange) => void): void {
    const known = this.#known.get(change.name);
    const json = JSON.stringify(change.value);
    if (known?.json === json || (known === undefined && this.#known.size >= MAX_KNOWN)) return;
    report(change);
    this.#known.set(change.name, { value: change.value, json });
  }

  #report({ name, value, revision, by }: WireChange): void {
    const previous = this.#known.get(name)?.value;
    const change = { name, value, previous, by, revision };
    if (this.isActive) callGuarded(() => this.#listener(change), this.#client.nodes.report);
  }
}
