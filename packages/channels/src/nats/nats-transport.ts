import { randomBytes } from "node:crypto";
import { Emitter, Eventful } from "@groupcast/base";
import type { NatsConnection, NodeConnectionOptions, Status } from "@nats-io/transport-node";
import { BrokerError, CHANNEL_ERRORS, ChannelStateError } from "../contract/channel-errors.js";
import {
  type ChannelReceiver,
  type ChannelSender,
  type ChannelTransport,
  type KeptChannels,
  type RelayEnvelope,
  TRANSPORT_EVENTS,
  type TransportEvents,
  type TransportStatistics,
  zeroTransportStatistics,
} from "../contract/channel-transport.js";
import { loadNatsClient, type NatsClient } from "./nats-client.js";
import { type BrokenConnection, brokerError } from "./nats-errors.js";
import { encodeNatsHeader, NATS_HEADER_BYTES } from "./nats-header.js";
import { type NatsTransportOptions, type ResolvedNatsOptions, resolveNatsOptions } from "./nats-options.js";
import { NatsOutbox } from "./nats-outbox.js";
import { NatsReceptions } from "./nats-receptions.js";
import { withoutCredentials } from "./nats-servers.js";
import { abandonSocket } from "./nats-socket.js";
import { NatsStream } from "./nats-stream.js";
import { subjectForChannel } from "./nats-subject.js";

const LINGER_MS = 1000; // longest time that a closing transport waits for the server's confirmation
const DEFAULT_MAX_PAYLOAD_BYTES = 1_048_576; // the server's default, until it has sent its limit (nats-server, max_payload)

/** The senders of one channel: one source, one count. */
interface Stream {
  readonly subject: string;
  readonly source: string;
  sequence: number;
  users: number;
}

/**
 * Carries channels over a NATS server, for hosts without a common network that carries multicast. {@link NatsTransport.connect} makes it.
 *
 * Theory of operation: a transport has one connection from the start. When it breaks, the client connects again, unless the server refuses
 * the login. Subscriptions come back with the connection; messages that are sent meanwhile wait, within bounds. Delivery is at most once,
 * as on UDP.
 */
export class NatsTransport extends Eventful<TransportEvents> implements ChannelTransport {
  readonly #emitter: Emitter<TransportEvents>;
  /** `"nats"`. */
  readonly kind = "nats";
  readonly #options: ResolvedNatsOptions;
  readonly #client: NatsClient;
  readonly #connection: NatsConnection;
  readonly #statistics: TransportStatistics = zeroTransportStatistics();
  readonly #outbox: NatsOutbox;
  readonly #receptions: NatsReceptions;
  readonly #streams = new Map<string, Stream>();
  #stream: NatsStream | undefined;
  #isConnected = true;
  #closed: Promise<void> | undefined;

  private constructor(client: NatsClient, connection: NatsConnection, options: ResolvedNatsOptions) {
    const emitter = new Emitter<TransportEvents>(TRANSPORT_EVENTS);
    super(emitter);
    emitter.listenerThrew = (error) => options.logger.error("an event listener threw", { error });
    this.#emitter = emitter;
    this.#options = options;
    this.#client = client;
    this.#connection = connection;
    this.#outbox = new NatsOutbox(connection, this.#statistics, options.limits, {
      maxPayloadBytes: () => this.maxPayloadBytes(),
      failed: (error) => this.#fail("publish", error),
    });
    this.#receptions = new NatsReceptions(connection, options.prefix, this.#statistics, (error) => this.#fail("receive messages", error));
  }

  /**
   * Connects to a server.
   *
   * @returns A promise of the connected transport. Rejects with InvalidArgumentError for each option that is unknown or wrong, or with
   * BrokerError `ERR_BROKER_UNREACHABLE`, `ERR_BROKER_CERTIFICATE` or `ERR_BROKER_REFUSED`; then no connection is left open.
   */
  static async connect(options?: NatsTransportOptions): Promise<NatsTransport> {
    const resolved = resolveNatsOptions("NatsTransport.connect", options);
    const client = await loadNatsClient("NatsTransport.connect");
    let connection: NatsConnection | undefined;
    try {
      connection = await client.connect({ ...resolved.connection, servers: [...resolved.servers] } as NodeConnectionOptions);
      const transport = new NatsTransport(client, connection, resolved);
      await transport.#openStream();
      transport.#start();
      return transport;
    } catch (error) {
      await connection?.close();
      if (error instanceof BrokerError || error instanceof ChannelStateError) throw error; // of the stream
      throw brokerError(brokenConnection(client, resolved), "NatsTransport.connect", error, CHANNEL_ERRORS.ERR_BROKER_UNREACHABLE);
    }
  }

  /** Whether there is a connection now. The event `connection` reports changes. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The stream that keeps reliable channels; `undefined` without the option `jetStream`. */
  get kept(): KeptChannels | undefined {
    return this.#stream;
  }

  /** Number of messages that wait for the connection, or for the stream to confirm that it keeps them. */
  get waiting(): number {
    return this.#outbox.length + (this.#stream?.waiting ?? 0);
  }

  /** Returns the length of the longest payload of one packet, in bytes: the limit that the server has now, less the header. */
  maxPayloadBytes(): number {
    return Math.max(0, (this.#connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES) - NATS_HEADER_BYTES);
  }

  /**
   * Opens a sender. Those of one channel share one source and one count of packets.
   *
   * @throws ChannelStateError `ERR_TRANSPORT_CLOSED`.
   */
  openSender(channel: string): ChannelSender {
    this.#checkOpen("openSender");
    const stream = this.#streams.get(channel) ?? this.#numberFrom(channel);
    stream.users++;
    let isOpen = true;
    return {
      send: (payload, envelope) => {
        this.#checkOpen("send");
        return this.#send(stream, payload, envelope);
      },
      close: () => {
        if (isOpen && --stream.users === 0) this.#streams.delete(channel);
        isOpen = false;
      },
    };
  }

  /** Calls `receiver` for each packet on `channel` from now on. @throws ChannelStateError `ERR_TRANSPORT_CLOSED`. */
  startReceiving(channel: string, receiver: ChannelReceiver): void {
    this.#checkOpen("startReceiving");
    this.#receptions.addChannel(channel, receiver);
  }

  /** Stops calling `receiver` for packets on `channel`. */
  stopReceiving(channel: string, receiver: ChannelReceiver): void {
    this.#receptions.removeChannel(channel, receiver);
  }

  /** Receives every channel whose name matches: `*` stands for one part, `**` at the end for one or more. @throws ChannelStateError. */
  startReceivingPattern(pattern: string, receiver: ChannelReceiver): void {
    this.#checkOpen("startReceivingPattern");
    this.#receptions.addPattern(pattern, receiver);
  }

  /** Undoes {@link NatsTransport.startReceivingPattern}. */
  stopReceivingPattern(pattern: string, receiver: ChannelReceiver): void {
    this.#receptions.removePattern(pattern, receiver);
  }

  /** Returns the counters as they are now. */
  statistics(): TransportStatistics {
    return { ...this.#statistics };
  }

  /**
   * Closes the connection, once the server has confirmed the messages, or after a second. Messages that wait are counted as dropped.
   *
   * @returns The same promise at every call.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Calls {@link NatsTransport.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#receptions.clear();
    const finished = Promise.all([this.#stream?.finish(), this.#outbox.finish()]);
    const lingering = finished.catch(() => {}); // the connection broke meanwhile: there is nothing to wait for
    await Promise.race([lingering, new Promise((resolve) => setTimeout(resolve, LINGER_MS).unref())]);
    this.#outbox.disconnected();
    this.#stream?.close();
    await this.#connection.close();
  }

  async #openStream(): Promise<void> {
    const { jetStream: settings, limits } = this.#options;
    if (settings === undefined) return;
    this.#stream = await NatsStream.open({
      client: this.#client,
      connection: this.#connection,
      broken: brokenConnection(this.#client, this.#options),
      settings,
      limits,
      statistics: this.#statistics,
      report: (error) => this.#fail("use the stream", error),
      checkOpen: (operation) => this.#checkOpen(operation),
    });
  }

  #numberFrom(channel: string): Stream {
    const subject = subjectForChannel(this.#options.prefix, channel);
    const stream = { subject, source: randomBytes(8).toString("hex"), sequence: 0, users: 0 };
    this.#streams.set(channel, stream);
    return stream;
  }

  /** Always takes the message: the outbox counts those that it discards, without room or too long. */
  #send(stream: Stream, payload: Uint8Array, envelope: RelayEnvelope | undefined): boolean {
    const { source, sequence } = envelope ?? stream;
    const header = encodeNatsHeader(this.#client.headers(), { source, sequence, envelope });
    this.#outbox.send({ subject: stream.subject, payload, header, isRelayed: envelope !== undefined });
    if (envelope === undefined) stream.sequence = (sequence + 1) >>> 0;
    return true;
  }

  /** Watches the connection, until it is closed. */
  #start(): void {
    void this.#watch(this.#connection.status());
    void this.#connection.closed().then((error) => this.#connectionClosed(error));
  }

  async #watch(changes: AsyncIterable<Status>): Promise<void> {
    for await (const status of changes) this.#statusChanged(status);
  }

  #statusChanged(status: Status): void {
    if (status.type === "staleConnection") abandonSocket(this.#connection);
    else if (status.type === "disconnect") this.#setConnected(false);
    else if (status.type === "reconnect") this.#setConnected(true);
    else if (status.type === "error") this.#reported(status.error);
  }

  /** The server reported an error; a message that it did not permit has counted as sent. */
  #reported(error: Error): void {
    if (error instanceof this.#client.errors.PermissionViolationError && error.operation === "publish") this.#statistics.dropped++;
    this.#fail("use the connection", error);
  }

  #setConnected(isConnected: boolean): void {
    if (this.#isConnected === isConnected || this.#closed !== undefined) return;
    this.#isConnected = isConnected;
    if (isConnected) {
      this.#receptions.connected();
      this.#outbox.connected();
      this.#stream?.connected();
    } else {
      this.#outbox.disconnected();
      this.#stream?.disconnected();
    }
    this.#emitter.emit("connection", { isConnected });
  }

  /** The connection is closed for good: by close(), or because the server refuses to have the client back. */
  #connectionClosed(error: unknown): void {
    if (this.#closed !== undefined) return;
    this.#setConnected(false);
    this.#closed = Promise.all([this.#stream?.finish(), this.#outbox.finish()]).then(() => {});
    this.#stream?.close();
    this.#fail("connect again", error, CHANNEL_ERRORS.ERR_BROKER_UNREACHABLE);
  }

  #fail(operation: string, cause: unknown, otherwise: Parameters<typeof brokerError>[3] = CHANNEL_ERRORS.ERR_BROKER_FAILED): void {
    const broken = brokenConnection(this.#client, this.#options);
    const error = cause instanceof BrokerError ? cause : brokerError(broken, operation, cause, otherwise);
    if (!this.#emitter.emit("error", error)) this.#options.logger.error("the NATS transport failed", { error });
  }

  #checkOpen(operation: string): void {
    if (this.#closed !== undefined) throw new ChannelStateError(CHANNEL_ERRORS.ERR_TRANSPORT_CLOSED, operation);
  }
}

/** Returns the addresses as errors show them. */
function brokenConnection({ errors }: NatsClient, { servers, prefix }: ResolvedNatsOptions): BrokenConnection {
  return { errors, prefix, servers: servers.map(withoutCredentials).join(", ") };
}
