import { expect, test } from "vitest";
import { Stage } from "./stage.js";

const IS_LINUX = process.platform === "linux";

test("listenUDP() without sizes leaves the buffers to the OS", () => {
  const stage = new Stage();
  const { port } = stage.listen();
  expect(port.buffers).toEqual({});
  expect(stage.backend.calls.filter((call) => call.includes("BufferBytes"))).toEqual([]);
});

test.each([
  ["receive", "receiveBufferBytes", "net.core.rmem_max"],
  ["send", "sendBufferBytes", "net.core.wmem_max"],
] as const)(
  "a %s buffer that is granted is reported as asked; one that is capped with the sysctl, and warned of",
  (which, option, sysctl) => {
    const stage = new Stage();
    const asked = 100_000;
    let readBack = 2 * asked; // as Linux reads it back: half is for its own bookkeeping
    const { openSocket } = stage.backend;
    stage.backend.openSocket = (family, observer) => {
      const socket = openSocket.call(stage.backend, family, observer);
      if (typeof socket !== "number") socket.getOption = (): number => readBack;
      return socket;
    };
    const granted = stage.listen({ [option]: asked });
    expect(granted.port.buffers).toEqual({ [which]: { askedBytes: asked, grantedBytes: asked } });
    expect(stage.log.filter(({ level }) => level === "warn")).toEqual([]);
    readBack = 50_000;
    const grantedBytes = IS_LINUX ? 25_000 : 50_000;
    const capped = stage.listenMulticast({ [option]: asked, interface: "::" });
    expect(capped.port.buffers).toEqual({ [which]: { askedBytes: asked, grantedBytes, cappedBy: sysctl } });
    expect(stage.log.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
      `Notes on 9999: asked for a ${which} buffer of 100000 bytes, got ${grantedBytes}: raise ${sysctl}`,
    ]);
  },
);

test.each([
  ["set receiveBufferBytes", "ERR_SET_OPTION"],
  ["get receiveBufferBytes", "ERR_GET_OPTION"],
])("listenUDP() throws and closes the socket when the OS refuses %s: %s", (method, code) => {
  const stage = new Stage();
  stage.backend.refuse(method, "ENOBUFS");
  expect(() => stage.listen({ receiveBufferBytes: 4096 })).toThrow(
    expect.objectContaining({ code, errnoName: "ENOBUFS", option: "receiveBufferBytes", operation: "listenUDP" }),
  );
  expect(stage.backend.openSockets).toEqual([]);
});

test("listenUDP() throws ERR_UNSUPPORTED_OPTION when the backend has no buffer sizes", () => {
  const stage = new Stage({ without: ["set sendBufferBytes"] });
  expect(() => stage.listen({ sendBufferBytes: 4096 })).toThrow(
    expect.objectContaining({ code: "ERR_UNSUPPORTED_OPTION", option: "sendBufferBytes" }),
  );
  expect(stage.backend.openSockets).toEqual([]);
});
