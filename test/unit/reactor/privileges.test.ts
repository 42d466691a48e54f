import type { OptionName } from "@groupcast/backend";
import { CannotListenError, isGroupcastError } from "groupcast";
import { expect, test } from "vitest";
import { setSocketOption } from "../../../packages/reactor/src/network/socket-options.js";
import { FakeBackend } from "../../support/fake-backend.js";
import { Notes, Stage } from "./stage.js";

const FORBIDS_LOW_PORTS = process.platform === "linux" ? "CAP_NET_BIND_SERVICE" : undefined;

test.each([
  ["EACCES", FORBIDS_LOW_PORTS],
  ["EADDRINUSE", undefined],
])("listenUDP() that the OS refuses with %s has the capability %s in its error", (errnoName, privilege) => {
  const stage = new Stage();
  stage.backend.refuse("bind", errnoName);
  const error = thrownBy(() => stage.reactor.listenUDP(80, new Notes())) as CannotListenError;
  expect(error).toBeInstanceOf(CannotListenError);
  expect(error).toMatchObject({ code: "ERR_LISTEN", errnoName, port: 80 });
  expect(error.privilege).toBe(privilege);
  expect(Object.hasOwn(error, "privilege")).toBe(privilege !== undefined);
  if (privilege !== undefined)
    expect(error.message).toContain(`(EACCES); give the process the capability ${privilege}, or choose a port above 1023`);
});

test.each<[OptionName, string, string | undefined]>([
  ["bindToInterface", "EPERM", "CAP_NET_RAW"],
  ["bindToInterface", "ENODEV", undefined],
  ["trafficClass", "EPERM", undefined],
])("setting %s that the OS refuses with %s has the capability %s in its error", (name, errnoName, privilege) => {
  const backend = new FakeBackend();
  const socket = backend.openSocket(4, { readable() {}, writable() {}, error() {} } as never);
  if (typeof socket === "number") throw new Error("the fake opens sockets");
  backend.refuse(`set ${name}`, errnoName);
  const error = thrownBy(() => setSocketOption(backend, socket, { operation: "setOption" }, [name, 0]));
  expect(isGroupcastError(error)).toBe(true);
  expect(error).toMatchObject({ code: "ERR_SET_OPTION", errnoName, option: name });
  expect((error as CannotListenError).privilege).toBe(privilege);
});

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
