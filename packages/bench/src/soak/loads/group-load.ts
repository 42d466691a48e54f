/** Multicast on loopback: to a group that stays joined, and to groups that are joined and left in turns. */
import { DatagramProtocol, type MulticastPort, type Reactor } from "groupcast";
import { type Account, lostAt, refusedBy } from "../account.js";
import { LOOPBACK, type Load, RECEIVE_BUFFER_BYTES } from "../load.js";

const STEADY_GROUP = "239.255.90.1";
const PASSING_GROUPS = 50;
const JOINED = 8; // of the passing ones at a time; an ordinary user's kernel allows 20 for each socket
const BURST = 8;
const MOST_ON_THE_WAY = 64;
const [STEADY, PASSING] = ["steady", "passing"];

class Member extends DatagramProtocol {
  steady = 0;

  override datagramReceived(data: Buffer): void {
    if (data.toString() === STEADY) this.steady++;
  }
}

class Sender extends DatagramProtocol {}

export class GroupLoad implements Load {
  readonly #protocol = new Member();
  readonly #member: MulticastPort;
  readonly #sender: MulticastPort;
  readonly #port: number;
  #turns = 0;
  #sentSteady = 0;

  constructor(reactor: Reactor) {
    this.#member = reactor.listenMulticast(0, this.#protocol, { receiveBufferBytes: RECEIVE_BUFFER_BYTES });
    this.#member.joinGroup(STEADY_GROUP, LOOPBACK);
    this.#port = this.#member.getHost().port;
    this.#sender = reactor.listenMulticast(0, new Sender(), { outgoingInterface: LOOPBACK });
  }

  turn(): void {
    const turn = this.#turns++;
    this.#member.joinGroup(passingGroup(turn), LOOPBACK);
    if (turn >= JOINED) this.#member.leaveGroup(passingGroup(turn - JOINED), LOOPBACK);
    for (const at of [turn, turn - 1, turn + 1]) this.#sender.write(PASSING!, { address: passingGroup(at), port: this.#port });
    if (this.#sentSteady - this.#protocol.steady > MOST_ON_THE_WAY) return;
    for (let i = 0; i < BURST; i++) this.#sender.write(STEADY!, { address: STEADY_GROUP, port: this.#port });
    this.#sentSteady += BURST;
  }

  /** Only the steady group's: of the others, the kernel keeps those out that were left when the datagram came. */
  accounts(): readonly Account[] {
    const { steady } = this.#protocol;
    const refused = refusedBy(this.#sender.statistics());
    const missing = this.#sentSteady - steady - refused;
    const counted = Math.max(0, Math.min(missing, lostAt(this.#member.statistics())));
    return [{ path: "multicast", sent: this.#sentSteady, delivered: steady, refused, counted }];
  }
}

function passingGroup(turn: number): string {
  return `239.255.91.${1 + ((turn + PASSING_GROUPS) % PASSING_GROUPS)}`;
}
