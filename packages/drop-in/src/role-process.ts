/** A role of an exchange as a process of its own, on sockets of `node:dgram` or of Groupcast. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Whose sockets a program gets when it asks for `node:dgram`; a foreign program has sockets of its own. */
export type Sockets = "plain" | "groupcast" | "foreign";

/** A role that has ended. */
export interface Ended {
  /** Lines that it said, in order. */
  readonly said: readonly string[];
  /** All that is wrong with it, whatever it said: how it ended, whose sockets it had. */
  readonly problems: readonly string[];
}

/** Sockets that the program opened, as programs/evidence.mjs counts them. */
interface Opened {
  readonly groupcast: number;
  readonly other: number;
  readonly ofLibuv: number;
}

interface Message {
  readonly ready?: Readonly<Record<string, unknown>>;
  readonly said?: string;
  readonly sockets?: Opened;
}

/** The package's own folder, from which `@groupcast/dgram/register` and the packages of npm are found. */
const FOLDER = fileURLToPath(new URL("../", import.meta.url));
const EVIDENCE = ["--import", "./programs/evidence.mjs"];
const PRELOADED: Readonly<Record<Sockets, readonly string[]>> = {
  plain: EVIDENCE,
  groupcast: ["--import", "@groupcast/dgram/register", ...EVIDENCE],
  foreign: [],
};
const LIFETIME_LIMIT_MS = 60_000; // the slowest needs ten seconds, for nodes of Matter that say good-bye

export class RoleProcess {
  /** Settles when the program has said that it is ready, with what its partner needs to know. Undefined when it ended before. */
  readonly ready: Promise<Readonly<Record<string, unknown>> | undefined>;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #sockets: Sockets;
  readonly #messages: Message[] = [];
  readonly #words: string[] = []; // what the package itself prints

  /**
   * @param program - Below programs/.
   * @param given - For the program: what its partner has told.
   */
  constructor(program: string, sockets: Sockets, given: Readonly<Record<string, unknown>> = {}) {
    this.#sockets = sockets;
    const args = [...PRELOADED[sockets], `programs/${program}`, JSON.stringify(given)];
    this.#child = spawn(process.execPath, args, { cwd: FOLDER, timeout: LIFETIME_LIMIT_MS, killSignal: "SIGKILL", env: environment() });
    this.#child.stdin.on("error", () => {}); // EPIPE: it has ended; how, is told by its end
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => this.#words.push(text.trimEnd()));
    const lines = createInterface({ input: this.#child.stdout });
    this.ended = new Promise((resolve) => this.#child.once("close", (code, signal) => resolve(this.#judge(signal ?? code))));
    this.ready = new Promise((resolve) => {
      lines.on("line", (line) => {
        const message = this.#read(line);
        if (message?.ready !== undefined) resolve(message.ready);
      });
      this.#child.once("close", () => resolve(undefined));
    });
  }

  /** Tells the program that its partner is done, and waits for its end. */
  finish(): Promise<Ended> {
    this.#child.stdin.end();
    return this.ended;
  }

  #read(line: string): Message | undefined {
    if (!line.startsWith("{")) {
      this.#words.push(line);
      return undefined;
    }
    const message = JSON.parse(line) as Message;
    this.#messages.push(message);
    return message;
  }

  #judge(ending: string | number | null): Ended {
    const said = this.#messages.flatMap((message) => message.said ?? []);
    const opened = this.#messages.find((message) => message.sockets !== undefined)?.sockets;
    const problems = [...problemsOfEnd(ending), ...problemsOfSockets(this.#sockets, opened)];
    if (said.length === 0) problems.push("it said nothing");
    return { said, problems: problems.length === 0 ? [] : [...problems, ...this.#words] };
  }
}

function problemsOfEnd(ending: string | number | null): string[] {
  return ending === 0 ? [] : [`it ended with ${typeof ending === "number" ? `exit code ${ending}` : ending}`];
}

/** Whether the program ran on the sockets that it was meant to run on: an absent hook would compare `node:dgram` with itself. */
function problemsOfSockets(sockets: Sockets, opened: Opened | undefined): string[] {
  if (sockets === "foreign") return [];
  if (opened === undefined) return ["it did not say whose sockets it opened"];
  const { groupcast, other, ofLibuv } = opened;
  const isRight = sockets === "groupcast" ? groupcast > 0 && other === 0 && ofLibuv === 0 : groupcast === 0 && other > 0 && ofLibuv > 0;
  return isRight ? [] : [`on ${sockets} sockets, it opened ${groupcast} of Groupcast, ${other} others, and ${ofLibuv} handles of libuv`];
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, MATTER_STORAGE_DRIVER: "memory" }; // nodes of Matter keep what they know in the home directory otherwise
}
