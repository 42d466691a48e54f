/** The programs that are compared: each the plain one that a competent user would write, in its own process. */
import { spawnSync } from "node:child_process";
import { buildC, buildGo } from "./build-programs.js";
import { BUILT, NODE_PROGRAMS, SOURCES } from "./folders.js";
import { type NpmPackage, npmPath, npmPeer } from "./npm-peers.js";

export type PeerName =
  | "groupcast"
  | "groupcast batch"
  | "node:dgram"
  | "dgram on Groupcast"
  | "Bun"
  | "udx-native"
  | "Deno"
  | "Twisted"
  | "asyncio"
  | "uvloop"
  | "Go"
  | "C recvmsg"
  | "C recvmmsg";

export interface Peer {
  readonly name: PeerName;
  readonly what: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly extraArguments?: readonly string[];
  /** Debian packages that `npm run bench:peers` installs. */
  readonly packages: readonly string[];
  /** Packages of npm that it installs. */
  readonly npmPackages?: readonly NpmPackage[];
  /** Builds the program if need be. Returns the reason why it cannot run; undefined when it can. */
  findMissing(): string | undefined;
  version(): string;
}

const PYTHON = "/usr/bin/python3"; // Debian's own, which sees Debian's packages

function output(program: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function pythonModule(name: string): Pick<Peer, "findMissing" | "version"> {
  const version = (): string | undefined => output(PYTHON, "-c", `import ${name}; print(getattr(${name}, "__version__", ""))`);
  return {
    findMissing: () => (version() === undefined ? `${PYTHON} has no module ${name}` : undefined),
    version: () => `${version() ?? ""} on ${output(PYTHON, "--version") ?? "Python"}`.trim(),
  };
}

const node = { findMissing: () => undefined, version: () => process.version };
const compilerVersion = (): string => (output("cc", "--version") ?? "").split("\n")[0]!;

function python(script: string): readonly string[] {
  return [PYTHON, "-B", `${SOURCES}python/${script}`];
}

export const PEERS: readonly Peer[] = [
  {
    name: "groupcast",
    what: "`datagramReceived`: each datagram a Buffer of its own",
    command: [process.execPath, `${NODE_PROGRAMS}groupcast.js`],
    packages: [],
    ...node,
  },
  {
    name: "groupcast batch",
    what: "`datagramsReceived`: views, valid during the call",
    command: [process.execPath, `${NODE_PROGRAMS}groupcast.js`],
    extraArguments: ["batch=1"],
    packages: [],
    ...node,
  },
  { name: "node:dgram", what: '`on("message")`', command: [process.execPath, `${NODE_PROGRAMS}dgram.js`], packages: [], ...node },
  {
    name: "dgram on Groupcast",
    what: "the program of `node:dgram`, with `--import @groupcast/dgram/register`",
    command: [process.execPath, "--import", import.meta.resolve("@groupcast/dgram/register"), `${NODE_PROGRAMS}dgram.js`],
    packages: [],
    ...node,
  },
  {
    name: "Bun",
    what: "`Bun.udpSocket`: `data`, `send`, `sendMany`",
    command: [npmPath("bun"), `${NODE_PROGRAMS}bun.js`],
    packages: [],
    ...npmPeer("bun"),
  },
  {
    name: "udx-native",
    what: '`on("message")`, `trySend`, on Node',
    command: [process.execPath, `${NODE_PROGRAMS}udx.js`],
    extraArguments: [`library=${npmPath("udx-native")}`],
    packages: [],
    ...npmPeer("udx-native"),
  },
  {
    name: "Deno",
    what: "`Deno.listenDatagram`: `receive` into one buffer, `send`",
    command: [npmPath("deno"), "run", "--quiet", "--unstable-net", "--allow-all", "--no-config", "--no-lock", `${NODE_PROGRAMS}deno.js`],
    environment: { DENO_DIR: `${BUILT}deno`, DENO_NO_PACKAGE_JSON: "1", DENO_NO_UPDATE_CHECK: "1" },
    packages: [],
    ...npmPeer("deno"),
  },
  {
    name: "Twisted",
    what: "`DatagramProtocol` on the epoll reactor",
    command: python("twisted_program.py"),
    packages: ["python3-twisted"],
    ...pythonModule("twisted"),
  },
  { name: "asyncio", what: "`DatagramProtocol`", command: python("asyncio_program.py"), packages: ["python3"], ...pythonModule("asyncio") },
  {
    name: "uvloop",
    what: "asyncio's `DatagramProtocol` on uvloop",
    command: python("asyncio_program.py"),
    environment: { LOOP: "uvloop" },
    packages: ["python3-uvloop"],
    ...pythonModule("uvloop"),
  },
  {
    name: "Go",
    what: "`ReadFromUDPAddrPort`, `WriteToUDPAddrPort`",
    command: [`${BUILT}go`],
    packages: ["golang-go"],
    findMissing: buildGo,
    version: () => output("go", "version") ?? "",
  },
  {
    name: "C recvmsg",
    what: "epoll, a system call a datagram",
    command: [`${BUILT}plain`],
    packages: ["gcc", "libc6-dev"],
    findMissing: () => buildC("plain"),
    version: compilerVersion,
  },
  {
    name: "C recvmmsg",
    what: "epoll, `recvmmsg`, `sendmmsg`, `UDP_GRO`, `UDP_SEGMENT`: the limit",
    command: [`${BUILT}batch`],
    packages: ["gcc", "libc6-dev"],
    findMissing: () => buildC("batch"),
    version: compilerVersion,
  },
];

export const LOAD: string = `${BUILT}load`;

export function peerNamed(name: PeerName): Peer {
  return PEERS.find((peer) => peer.name === name)!;
}
