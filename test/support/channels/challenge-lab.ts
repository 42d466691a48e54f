// Ends of a sealed channel with challenges. Packets of the channel itself pass by hand; challenges and answers pass over a hub, which a test can
// listen to, lose packets on, and send to.
import { ManualClock } from "@groupcast/backend-memory";
import type { ReceivedPacket, SealOptions } from "@groupcast/channels";
import { ChallengeExchange } from "../../../packages/channels/src/challenge/challenge-exchange.js";
import { Hub, HubClock, type HubTransport } from "./hub.js";
import { SealedEnd } from "./sealed-pair.js";

export const CHALLENGES = "c/__groupcast_challenges";

class TimedHubClock extends HubClock {
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    super();
    this.#clock = clock;
  }

  override later(deliver: () => void): void {
    this.#clock.schedule(1, deliver);
  }
}

class LossyHub extends Hub {
  readonly recorded: Buffer[] = [];
  isLost: (index: number) => boolean = () => false;

  override send(packet: ReceivedPacket): void {
    this.recorded.push(packet.payload);
    if (!this.isLost(this.recorded.length - 1)) super.send(packet);
  }
}

export class ChallengedEnd extends SealedEnd {
  readonly exchange: ChallengeExchange;
  readonly transport: HubTransport;

  constructor(lab: ChallengeLab, options: Partial<SealOptions>) {
    super({ challenge: true, ...options });
    this.transport = lab.hub.transport();
    this.exchange = new ChallengeExchange("c", this.seal, { transport: this.transport, clock: lab.clock, report: lab.report });
    this.exchange.join();
  }
}

export class ChallengeLab {
  readonly clock = new ManualClock();
  readonly hub = new LossyHub(new TimedHubClock(this.clock));
  readonly errors: unknown[] = [];
  readonly #stranger = this.hub.transport().openSender(CHALLENGES);
  readonly report = (error: unknown): void => void this.errors.push(error);

  /** An end; without `now` its host has no clock. */
  end(options: Partial<SealOptions> = {}): ChallengedEnd {
    return new ChallengedEnd(this, { now: () => Number.NaN, maxAgeMs: 1000, ...options });
  }

  /** Packets with challenges and answers so far. */
  get packets(): readonly Buffer[] {
    return this.hub.recorded;
  }

  /** Lets time pass. */
  async pass(ms = 10): Promise<void> {
    await this.clock.advance(ms);
  }

  /** Sends a packet on the channel of the challenges, as anybody can. */
  inject(packet: Buffer): void {
    this.#stranger.send(packet);
  }

  /** Has a reader ask a writer, and the writer answer. */
  async prove(reader: ChallengedEnd, writer: ChallengedEnd): Promise<void> {
    reader.open(writer.packet("before"));
    await this.pass();
  }
}
