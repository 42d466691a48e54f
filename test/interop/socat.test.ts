import { chooseBackend, Reactor } from "groupcast";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BACKENDS, canLoad } from "../support/backends.js";
import { ChildProgram } from "../support/child-program.js";
import { hasCommand, hasIPv6, skipUnless } from "../support/probe.js";
import { unusedPort } from "../support/unused-port.js";
import { Echo, Letterbox } from "./protocols.js";

const LIMIT_MS = 30_000; // a second, when nobody else wants the machine
const PATIENCE_S = "5"; // how long socat waits for an answer after the end of its input
const RETRY_MS = 20;

describe.each(BACKENDS)("socat and %s", { timeout: LIMIT_MS }, (backend) => {
  let reactor: Reactor;

  beforeEach(async (context) => {
    await skipUnless(context, canLoad(backend), hasCommand("socat", "socat"));
    reactor = new Reactor({ backend: chooseBackend(backend) });
  });

  afterEach(() => reactor?.stop());

  test("listenUDP() answers socat over IPv4", async () => {
    const { port } = reactor.listenUDP(0, new Echo(), { interface: "127.0.0.1" }).getHost();
    await using client = new ChildProgram("socat", [`-t${PATIENCE_S}`, "-", `UDP4:127.0.0.1:${port}`]);
    client.say("hello");
    await client.line(/^hello$/);
  });

  test("listenUDP() answers socat over IPv6", async (context) => {
    await skipUnless(context, hasIPv6);
    const { port } = reactor.listenUDP(0, new Echo(), { interface: "::1" }).getHost();
    await using client = new ChildProgram("socat", [`-t${PATIENCE_S}`, "-", `UDP6:[::1]:${port}`]);
    client.say("hello");
    await client.line(/^hello$/);
  });

  /** Asks until somebody is there: socat does not say when it listens. */
  class Patient extends Letterbox {
    override startProtocol(): void {
      this.transport.write("hello");
    }

    override connectionRefused(): void {
      reactor.callLater(RETRY_MS, () => this.transport.write("hello"));
    }
  }

  test("connectUDP() is answered by socat over IPv4", async () => {
    const port = await unusedPort();
    await using _server = new ChildProgram("socat", [`UDP4-RECVFROM:${port},bind=127.0.0.1,fork`, "PIPE"]);
    const client = new Patient();
    reactor.connectUDP("127.0.0.1", port, client);
    expect(String((await client.letter()).data)).toBe("hello");
  });

  test("connectUDP() is answered by socat over IPv6", async (context) => {
    await skipUnless(context, hasIPv6);
    const port = await unusedPort();
    await using _server = new ChildProgram("socat", [`UDP6-RECVFROM:${port},bind=[::1],fork`, "PIPE"]);
    const client = new Patient();
    reactor.connectUDP("::1", port, client);
    expect(String((await client.letter()).data)).toBe("hello");
  });
});
