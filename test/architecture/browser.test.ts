// Reactor and network in memory run in a browser as they are: what they need of Node has a stand-in in site/browser, and nothing else.
import { isIP, SocketAddress } from "node:net";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { beforeAll, expect, test } from "vitest";
import { ROOT } from "./source-files.js";

const ENTRY = `
  export { Reactor } from "@groupcast/reactor";
  export { MemoryNetwork } from "@groupcast/backend-memory";
`;

/** What every browser has, and "buffer" of npm, which the page brings. */
const BROWSER = {
  Buffer,
  URL,
  Event,
  EventTarget,
  performance,
  AbortController,
  AbortSignal,
  console,
  setTimeout,
  clearTimeout,
  queueMicrotask,
  TextEncoder,
  TextDecoder,
};

const PROGRAM = `
  (async () => {
    const network = new groupcast.MemoryNetwork();
    const heard = [];
    const open = (name) => new groupcast.Reactor({ backend: network.host(name), clock: network.clock });
    open("b").listenMulticast(5000, { datagramReceived: (data) => heard.push(String(data)) }, { group: "239.255.1.1" });
    const a = open("a").listenMulticast(0, { datagramReceived() {} });
    a.write("hello", { address: "239.255.1.1", port: 5000 });
    await network.clock.advance(10);
    return heard;
  })()
`;

let bundle = "";

beforeAll(async () => {
  const { standIns } = (await import(`${ROOT}site/browser/stand-ins.mjs`)) as { standIns: import("esbuild").Plugin };
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: ROOT },
    bundle: true,
    format: "iife",
    globalName: "groupcast",
    platform: "browser",
    plugins: [standIns],
    write: false,
    logLevel: "silent",
  });
  bundle = outputFiles[0]!.text;
});

test("@groupcast/reactor and @groupcast/backend-memory exchange a datagram where there is no Node", async () => {
  const context = createContext({ ...BROWSER });
  runInContext(bundle, context);
  expect([...((await runInContext(PROGRAM, context)) as string[])]).toEqual(["hello"]);
  expect(runInContext("typeof require + typeof process", context)).toBe("undefinedundefined"); // the fence: Node is not there
});

test("site/browser/node/net.mjs takes the same literals for addresses as node:net", async () => {
  const net = (await import(`${ROOT}site/browser/node/net.mjs`)) as { isIP: typeof isIP; SocketAddress: typeof SocketAddress };
  const texts = [
    "1.2.3.4",
    "01.2.3.4",
    "1.2.3",
    "1.2.3.4.",
    "1..2.3",
    "256.1.1.1",
    "0x10.1.1.1",
    " 1.1.1.1",
    "",
    "::",
    "::1",
    "1::",
    "fe80::1%eth0",
  ];
  const more = [
    "fe80::1%",
    "::ffff:1.2.3.4",
    "1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7::",
    "1:2:3:4:5:6:7:8:9",
    "::1::",
    "12345::",
    "g::",
    "1:2",
    "::1.2.3",
  ];
  for (const text of [...texts, ...more]) expect([text, net.isIP(text)]).toEqual([text, isIP(text)]);
  for (const address of ["FF15:0:0::1", "::ffff:1.2.3.4", "2001:DB8::0:1", "::"])
    expect(new net.SocketAddress({ address, family: "ipv6" }).address).toBe(new SocketAddress({ address, family: "ipv6" }).address);
});
