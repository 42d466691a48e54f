import { randomBytes, randomUUID } from "node:crypto";
import { callGuarded } from "@groupcast/base";
import type { JetStreamManager, JsMsg, JetStreamClient as Publisher, StreamConfig } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { BrokerError, CHANNEL_ERRORS } from "../contract/channel-errors.js";
import type { ChannelReceiver, ChannelSender, KeptChannels, TransportStatistics } from "../contract/channel-transport.js";
import { type JetStreamClient, loadJetStreamClient } from "./jet-stream-client.js";
import type { NatsClient } from "./nats-client.js";
import { type BrokenConnection, brokerError } from "./nats-errors.js";
import { encodeNatsHeader } from "./nats-header.js";
import type { OutboxLimits } from "./nats-options.js";
import { NatsPackets } from "./nats-packets.js";
import { channelForSubject, subjectForChannel, takesSubject } from "./nats-subject.js";
import type { ResolvedStream } from "./stream-options.js";
import { StreamOutbox } from "./stream-outbox.js";
import { type KeptHistory, StreamReception } from "./stream-reception.js";
import { repeatTime, unfitness } from "./stream-shape.js";

const CONNECT = "NatsTransport.connect";
const NOT_ENABLED = new Set([10039, 10076]); // for the account; at all (nats-server, server/errors.json)

/** Parts of a transport that its stream uses. */
export interface StreamOwner {
  readonly client: NatsClient;
  readonly connection: NatsConnection;
  readonly broken: BrokenConnection;
  readonly settings: ResolvedStream;
  readonly limits: OutboxLimits;
  readonly statistics: TransportStatistics;
  readonly report: (error: unknown) => void;
  /** @throws ChannelStateError `ERR_TRANSPORT_CLOSED`. */
  readonly checkOpen: (operation: string) => void;
}

/** Means of the client of JetStream for one connection. */
interface Access {
  readonly jetStream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly publisher: Publisher;
  readonly config: StreamConfig;
}

/** The stream of JetStream that keeps the reliable channels of a transport. */
export class NatsStream implements KeptChannels {
  readonly #owner: StreamOwner;
  readonly #access: Access;
  readonly #outbox: StreamOutbox;
  readonly #packets = new NatsPackets();
  readonly #receptions = new Map<ChannelReceiver, Map<string, StreamReception>>();
  #isConnected = true;

  private constructor(owner: StreamOwner, access: Access) {
    this.#owner = owner;
    this.#access = access;
    this.#outbox = new StreamOutbox({
      publisher: access.publisher,
      statistics: owner.statistics,
      limits: owner.limits,
      repeatMs: repeatTime(access.config),
      isRefusal: (error) => this.#isRefusal(error),
      refused: (subject, cause) => this.#refused(subject, cause),
      expired: (subject, cause) => this.#notStored(subject, cause),
    });
    this.#outbox.release();
  }

  /**
   * Finds the stream, or makes it.
   *
   * @returns A promise that rejects with ChannelStateError `ERR_JETSTREAM_CLIENT_MISSING`, or BrokerError `ERR_BROKER_NO_JETSTREAM`,
   * `ERR_BROKER_STREAM`, `ERR_BROKER_PERMISSION`.
   */
  static async open(owner: StreamOwner): Promise<NatsStream> {
    const jetStream = await loadJetStreamClient(CONNECT);
    try {
      const manager = await jetStream.jetstreamManager(owner.connection, { checkAPI: false });
      const config = await findStream(owner.settings, jetStream, manager);
      checkShape(owner, config);
      return new NatsStream(owner, { jetStream, manager, publisher: jetStream.jetstream(owner.connection), config });
    } catch (error) {
      throw openingError(owner, jetStream, error);
    }
  }

  takes(channel: string): boolean {
    const { broken, report } = this.#owner;
    const subject = subjectForChannel(broken.prefix, channel);
    const subjects = this.#access.config.subjects ?? []; // a mirror has none (nats-server, StreamConfig.Subjects)
    if (subjects.some((pattern) => takesSubject(pattern, subject))) return true;
    report(new BrokerError(CHANNEL_ERRORS.ERR_BROKER_STREAM, "open a reliable channel", { channel, servers: broken.servers }));
    return false;
  }

  openSender(channel: string): ChannelSender {
    this.#owner.checkOpen("openSender");
    const subject = subjectForChannel(this.#owner.broken.prefix, channel);
    const source = randomBytes(8).toString("hex");
    let sequence = 0;
    const send = (payload: Uint8Array): boolean => {
      this.#owner.checkOpen("send");
      const header = encodeNatsHeader(this.#owner.client.headers(), { source, sequence, envelope: undefined });
      if (!this.#outbox.send({ subject, payload, header, id: randomUUID() })) return false;
      sequence = (sequence + 1) >>> 0;
      return true;
    };
    return { send, close: () => {} };
  }

  startReceiving(channel: string, receiver: ChannelReceiver, history: KeptHistory): void {
    this.#owner.checkOpen("startReceiving");
    const { settings, broken, report } = this.#owner;
    const reception = new StreamReception({
      stream: settings.stream,
      subject: subjectForChannel(broken.prefix, channel),
      history,
      manager: this.#access.manager,
      reader: this.#access.publisher,
      take: (message) => callGuarded(() => this.#take(channel, receiver, message), report),
      failed: (subject, cause) => report(this.#errorOf("receive", subject, cause, CHANNEL_ERRORS.ERR_BROKER_STREAM)),
    });
    const receptions = this.#receptions.get(receiver) ?? new Map<string, StreamReception>();
    this.#receptions.set(receiver, receptions.set(channel, reception));
    if (this.#isConnected) void this.#begin(reception);
  }

  stopReceiving(channel: string, receiver: ChannelReceiver): void {
    const receptions = this.#receptions.get(receiver);
    receptions?.get(channel)?.stop();
    receptions?.delete(channel);
    if (receptions?.size === 0) this.#receptions.delete(receiver);
  }

  /** Goes on with what is received, and gives the stream what it has not confirmed, as the connection is back. */
  connected(): void {
    this.#isConnected = true;
    void this.#makeAgain();
    for (const reception of this.#allReceptions()) void (reception.hasBegun ? reception.start() : this.#begin(reception));
    this.#outbox.release();
  }

  /** Keeps what is not confirmed until the connection is back. */
  disconnected(): void {
    this.#isConnected = false;
    this.#outbox.hold();
    this.#outbox.restart();
    for (const reception of this.#allReceptions()) reception.pause();
  }

  /** Number of messages that the stream has not confirmed. */
  get waiting(): number {
    return this.#outbox.length;
  }

  /** Receives no more, and resolves when the stream has confirmed everything. */
  finish(): Promise<void> {
    for (const reception of this.#allReceptions()) reception.stop();
    this.#receptions.clear();
    return this.#outbox.whenEmpty();
  }

  /** Gives up what the stream has not confirmed. */
  close(): void {
    this.#outbox.close();
  }

  #allReceptions(): StreamReception[] {
    return [...this.#receptions.values()].flatMap((receptions) => [...receptions.values()]);
  }

  /** Begins a reception. Nothing is published meanwhile, so that the node hears what it publishes from now on. */
  async #begin(reception: StreamReception): Promise<void> {
    this.#outbox.hold();
    await reception.start();
    this.#outbox.release();
  }

  /** Makes the stream again if the server came back without it. */
  async #makeAgain(): Promise<void> {
    const { settings, report } = this.#owner;
    if (settings.subjects.length === 0) return;
    try {
      await findStream(settings, this.#access.jetStream, this.#access.manager);
    } catch (error) {
      if (this.#isConnected) report(this.#errorOf("connect again", undefined, error, CHANNEL_ERRORS.ERR_BROKER_STREAM));
    }
  }

  #take(channel: string, receiver: ChannelReceiver, message: JsMsg): void {
    const packet = this.#packets.packetOf(message, channel);
    this.#owner.statistics[packet === undefined ? "malformed" : "received"]++;
    if (packet !== undefined) receiver.packetReceived(packet);
  }

  #isRefusal(error: unknown): boolean {
    const { PermissionViolationError, InvalidArgumentError, ClosedConnectionError } = this.#owner.client.errors;
    const classes = [this.#access.jetStream.JetStreamApiError, PermissionViolationError, InvalidArgumentError, ClosedConnectionError];
    return classes.some((refusal) => error instanceof refusal || (error as Error | null)?.cause instanceof refusal);
  }

  #refused(subject: string, cause: unknown): void {
    const { client, statistics } = this.#owner;
    const { PermissionViolationError } = client.errors;
    if (cause instanceof PermissionViolationError || (cause as Error | null)?.cause instanceof PermissionViolationError) return; // the status counts and reports it
    statistics.dropped++;
    this.#notStored(subject, cause);
  }

  #notStored(subject: string, cause: unknown): void {
    this.#owner.report(this.#errorOf("publish", subject, cause, CHANNEL_ERRORS.ERR_BROKER_NOT_STORED));
  }

  #errorOf(
    operation: string,
    subject: string | undefined,
    cause: unknown,
    definition: ConstructorParameters<typeof BrokerError>[0],
  ): BrokerError {
    const { servers, prefix } = this.#owner.broken;
    const channel = subject && channelForSubject(prefix, subject);
    return new BrokerError(definition, operation, { ...(channel !== undefined && { channel }), servers }, cause);
  }
}

/** Returns the configuration of the stream; makes it when it does not exist and its channels are named. */
async function findStream(settings: ResolvedStream, { JetStreamApiError, JetStreamApiCodes }: JetStreamClient, manager: JetStreamManager) {
  const { stream, subjects, messagesPerChannel, bytes } = settings;
  try {
    return (await manager.streams.info(stream)).config;
  } catch (error) {
    const isMissing = error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
    if (!isMissing || subjects.length === 0) throw error;
    const made = { name: stream, subjects: [...subjects], max_msgs_per_subject: messagesPerChannel, max_bytes: bytes };
    return (await manager.streams.add(made)).config;
  }
}

/** @throws BrokerError `ERR_BROKER_STREAM` when a stream that somebody else has made cannot keep channels. */
function checkShape({ broken: { servers } }: StreamOwner, config: StreamConfig): void {
  const reason = unfitness(config);
  if (reason !== undefined) throw new BrokerError(CHANNEL_ERRORS.ERR_BROKER_STREAM, CONNECT, { servers }, new Error(reason));
}

function openingError({ client, broken }: StreamOwner, { JetStreamApiError }: JetStreamClient, error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  const cause = error instanceof Error && error.cause instanceof client.errors.PermissionViolationError ? error.cause : error;
  if (cause instanceof client.errors.PermissionViolationError) return brokerError(broken, CONNECT, cause, CHANNEL_ERRORS.ERR_BROKER_FAILED);
  const isAnswer = error instanceof JetStreamApiError ? !NOT_ENABLED.has(error.code) : error instanceof client.errors.TimeoutError;
  const definition = isAnswer ? CHANNEL_ERRORS.ERR_BROKER_STREAM : CHANNEL_ERRORS.ERR_BROKER_NO_JETSTREAM;
  return new BrokerError(definition, CONNECT, { servers: broken.servers }, error);
}
