/** The soak's own network namespace: its interfaces lose their links and addresses, go away and come back, and its way out is slow. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const PERIOD_MS = 500;
const OUTSIDE = "198.18.0.1"; // the host at the other end of eth0, of scripts/user-namespace.mjs
const SLOW = ["tbf", "rate", "20mbit", "burst", "32kb", "limit", "1mb"]; // tc-tbf(8)
/** Interfaces that are made anew: a kernel counts the memberships of a vanished one, and an ordinary user's socket may have 20. */
const MOST_REMOVALS = 8;

/** Names of the interfaces, and the address of each. */
const INTERFACES: Readonly<Record<string, string>> = {
  soak0: "198.19.0.1/24",
  soak1: "198.19.1.1/24",
  soak2: "198.19.2.1/24",
  soak3: "198.19.3.1/24",
};

/** Commands of ip(8) that do harm to an interface, and those that undo it. */
type Fault = readonly [harm: (name: string) => readonly string[], undo: (name: string) => readonly string[]];

const FAULTS: readonly Fault[] = [
  [(name) => [`link set dev ${name} down`], up],
  [(name) => [`address flush dev ${name}`], (name) => [`address add ${INTERFACES[name]} dev ${name}`]],
];
const REMOVAL: Fault = [(name) => [`link del dev ${name}`], make];

export class FaultyNetwork {
  readonly names: readonly string[] = Object.keys(INTERFACES);
  readonly slowTarget: string = OUTSIDE;
  /** Number of faults so far. */
  count = 0;
  #isEnding = false;
  #work: Promise<void> = Promise.resolve();
  #wake: () => void = () => {};

  /** Makes the interfaces, and the way out slow: what waits there fills send buffers, which loopback never does. */
  async make(): Promise<void> {
    await ip(this.names.flatMap(make));
    await run("tc", ["qdisc", "add", "dev", "eth0", "root", ...SLOW]);
  }

  /** Harms one interface after another from now on. */
  start(): void {
    this.#work = this.#run();
  }

  /** Ends it, with every interface as it was at first. @throws Error of ip(8), also of one before. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#wake();
    await this.#work;
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      const name = this.names[this.count % this.names.length]!;
      const round = Math.floor(this.count / this.names.length);
      const isRemoval = round % 3 === 2 && round < 3 * (MOST_REMOVALS / this.names.length);
      const [harm, undo] = isRemoval ? REMOVAL : FAULTS[round % FAULTS.length]!;
      await ip(harm(name));
      await this.#pause();
      await ip(undo(name));
      this.count++;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PERIOD_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function make(name: string): readonly string[] {
  return [`link add name ${name} type veth peer name ${name}peer`, `link set dev ${name}peer up`, ...up(name)];
}

/** Taking a link down leaves its IPv4 address; `replace` therefore works either way. */
function up(name: string): readonly string[] {
  return [`link set dev ${name} up`, `address replace ${INTERFACES[name]} dev ${name}`];
}

async function ip(lines: readonly string[]): Promise<void> {
  const running = run("ip", ["-batch", "-"]);
  running.child.stdin!.end(lines.join("\n"));
  await running;
}
