// Sockets from their options to their end, on node:dgram and on ours: descriptors, sizes, what waits and what is forgotten.
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as endOfTurn } from "node:timers/promises";
import type { Socket } from "@groupcast/dgram";
import { describe, expect, test } from "vitest";
import { bindLoopback, factsOf, LOOPBACK, MODULES, messages, portOf, thrownBy } from "./modules.js";

describe.each(MODULES)("%s:", (_, dgram) => {
  test("buffer sizes of the options hold once the socket is bound, and 0 leaves them", async () => {
    const plain = dgram.createSocket({ type: "udp4", recvBufferSize: 0 });
    const sized = dgram.createSocket({ type: "udp4", recvBufferSize: 8192, sendBufferSize: 16_384 });
    await Promise.all([bindLoopback(plain), bindLoopback(sized)]);
    const [received, sent] = [sized.getRecvBufferSize(), sized.getSendBufferSize()];
    expect(received).toBe(process.platform === "linux" ? 16_384 : 8192);
    expect(sent).toBe(2 * received);
    expect(plain.getRecvBufferSize()).toBeGreaterThan(received);
    sized.setRecvBufferSize(20_000);
    expect(sized.getRecvBufferSize()).toBeGreaterThan(received);
    for (const socket of [plain, sized]) socket.close();
  });

  test("a membership binds a socket below, which receives nothing and cannot be bound any more", async () => {
    const socket = dgram.createSocket({ type: "udp4", reuseAddr: true });
    const sender = dgram.createSocket("udp4");
    await bindLoopback(sender);
    sender.setMulticastInterface(LOOPBACK);
    socket.addMembership("239.255.66.8", LOOPBACK);
    const texts: string[] = [];
    socket.on("message", (message) => texts.push(String(message)));
    const port = portOf(socket);
    for (const address of ["239.255.66.8", LOOPBACK]) sender.send("unheard", port, address);
    const fence = once(sender, "message");
    sender.send("fence", portOf(sender), LOOPBACK);
    await fence;
    await endOfTurn();
    expect(texts).toEqual([]);
    socket.bind(0);
    expect(factsOf((await once(socket, "error"))[0])).toMatchObject({ message: "bind EINVAL 0.0.0.0" });
    for (const open of [socket, sender]) open.close();
  });

  test("a callback of connect() gets the error, and does not hear a later connect", async () => {
    const socket = dgram.createSocket("udp4");
    let calls = 0;
    const error = await new Promise((resolve) => {
      socket.connect(9, "::1", ((failure: unknown) => {
        calls++;
        resolve(failure);
      }) as () => void);
    });
    expect(factsOf(error)).toMatchObject({ message: "connect EINVAL ::1:9", syscall: "connect", address: "::1", port: 9 });
    socket.connect(9, LOOPBACK);
    await once(socket, "connect");
    expect([calls, socket.listenerCount("connect")]).toEqual([1, 0]);
    socket.close();
  });

  test.each([
    ["udp4", "0.0.0.0", "127.0.0.1"],
    ["udp6", "::", "::1"],
  ] as const)("%s: connect() to %s is to this host", async (type, any, host) => {
    const socket = dgram.createSocket(type);
    socket.connect(9, any);
    await once(socket, "connect");
    expect(socket.remoteAddress()).toMatchObject({ address: host, port: 9 });
    socket.close();
  });

  test("connect() to a name that is none emits an error, and the socket may be connected again", async () => {
    const lookup = (name: string, _family: unknown, callback: (error: Error | null, address: string, family: number) => void): void =>
      name === "none" ? callback(new Error("no such name"), "", 0) : callback(null, LOOPBACK, 4);
    const socket = dgram.createSocket({ type: "udp4", lookup } as never);
    socket.connect(9, "none");
    expect((await once(socket, "error"))[0]).toMatchObject({ message: "no such name" });
    socket.connect(9, "some");
    await once(socket, "connect");
    expect(thrownBy(() => socket.connect(9))).toMatchObject({ code: "ERR_SOCKET_DGRAM_IS_CONNECTED" });
    expect(thrownBy(() => socket.send("x", 0, 1, 9, LOOPBACK))).toMatchObject({ code: "ERR_SOCKET_DGRAM_IS_CONNECTED" });
    socket.close();
  });

  test("binding that fails forgets what waited for it, and the callback of bind()", async () => {
    const taken = dgram.createSocket("udp4");
    const port = await bindLoopback(taken);
    const socket = dgram.createSocket("udp4");
    let calls = 0;
    socket.on("error", () => {});
    socket.bind(port, LOOPBACK, () => calls++);
    socket.send("never", port, LOOPBACK, () => calls++);
    await once(socket, "error");
    await bindLoopback(socket);
    const received = messages(taken, 1);
    socket.send("fence", port, LOOPBACK);
    expect(await received).toEqual(["fence"]);
    expect([calls, socket.listenerCount("listening")]).toEqual([0, 0]);
    for (const open of [taken, socket]) open.close();
  });

  test("bind() of a descriptor that is no UDP socket names its kind", () => {
    const folder = mkdtempSync(join(tmpdir(), "groupcast-"));
    const fd = openSync(join(folder, "file"), "w");
    const socket = dgram.createSocket("udp4");
    expect(thrownBy(() => socket.bind({ fd }))).toMatchObject({ code: "ERR_INVALID_FD_TYPE", message: "Unsupported fd type: FILE" });
    closeSync(fd);
    rmSync(folder, { recursive: true });
    socket.close();
  });

  test("ref() and unref() return the socket, at any time", async () => {
    const socket: Socket = dgram.createSocket("udp4");
    expect([socket.ref(), socket.unref()]).toEqual([socket, socket]);
    await bindLoopback(socket);
    expect([socket.unref(), socket.ref()]).toEqual([socket, socket]);
    socket.close();
    expect([socket.ref(), socket.unref()]).toEqual([socket, socket]);
  });
});
