// A bad line between a client and a foreign server, made of plain sockets: it loses the datagrams that a test chooses, and forges answers.
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const HOST = "127.0.0.1";

/** What is bad about the line. */
interface Badness {
  /** Asked for each datagram, in either direction, by its number: 1, 2, … */
  readonly isLost?: (count: number) => boolean;
  /** Makes what a stranger sends ahead of each answer. */
  readonly forge?: (answer: Buffer) => Buffer;
}

export class LossyRelay implements AsyncDisposable {
  /** What the client has sent, lost or not. */
  readonly questions: Buffer[] = [];
  readonly #toClient: Socket = createSocket("udp4");
  readonly #toServer: Socket = createSocket("udp4");
  readonly #badness: Badness;
  #clientPort = 0;
  #serverPort: number;
  #count = 0;
  #lost = 0;

  private constructor(serverPort: number, badness: Badness) {
    this.#serverPort = serverPort;
    this.#badness = badness;
    this.#toClient.on("message", (data, { port }) => {
      this.#clientPort = port;
      this.questions.push(data);
      this.#pass(this.#toServer, data, this.#serverPort);
    });
    this.#toServer.on("message", (data, { port }) => {
      this.#serverPort = port; // a TFTP server answers from a port of its own
      if (badness.forge !== undefined) this.#toClient.send(badness.forge(data), this.#clientPort, HOST);
      this.#pass(this.#toClient, data, this.#clientPort);
    });
  }

  static async open(serverPort: number, badness: Badness): Promise<LossyRelay> {
    const relay = new LossyRelay(serverPort, badness);
    for (const socket of [relay.#toClient, relay.#toServer]) {
      socket.bind(0, HOST);
      await once(socket, "listening");
    }
    return relay;
  }

  /** Port of the client's side. */
  get port(): number {
    return this.#toClient.address().port;
  }

  /** Number of datagrams lost so far. */
  get lost(): number {
    return this.#lost;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#toClient.close();
    this.#toServer.close();
  }

  #pass(socket: Socket, data: Buffer, port: number): void {
    this.#count += 1;
    if (this.#badness.isLost?.(this.#count)) this.#lost += 1;
    else socket.send(data, port, HOST);
  }
}
