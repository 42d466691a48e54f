/** Reports of refusals and failures. */

import assert from "node:assert/strict";
import { FEATURE_NAMES, OPTION_NAMES, optionRow } from "@groupcast/backend";
import { ERRNO, isGroupcastError, StateError, SystemError, UnsupportedError } from "@groupcast/base";
import { type Contract, contracts } from "../contract.js";
import { textsOf } from "../endpoint/endpoint.js";
import { assertRefused, thrownBy } from "../endpoint/refusal.js";

export const ERRORS: readonly Contract[] = contracts([
  {
    id: "ERR-1",
    title: "a refusal is an errno with libuv's sign",
    access: "bare",
    why: "backend.ts: Outcome",
    run(trial) {
      const { local } = trial.listen();
      assert.equal(trial.socket().socket.bind(local), ERRNO.EADDRINUSE);
    },
  },
  {
    id: "ERR-2",
    title: "every capability is a feature or an option of the tables",
    access: "bare",
    why: "capabilities.ts: Capability",
    run({ backend }) {
      const known = new Set<string>([...FEATURE_NAMES, ...OPTION_NAMES.flatMap((name) => [`set ${name}`, `get ${name}`])]);
      for (const capability of backend.capabilities) assert.ok(known.has(capability), capability);
    },
  },
  {
    id: "ERR-13",
    title: "nobody can change the capabilities of a backend",
    access: "bare",
    why: "backend.ts: ReadonlySet; ports decide by them",
    run({ backend }) {
      const before = [...backend.capabilities];
      const capabilities = backend.capabilities as Set<string>;
      assert.throws(() => capabilities.add("flies"), TypeError);
      assert.throws(() => capabilities.delete(before[0] ?? ""), TypeError);
      assert.throws(() => capabilities.clear(), TypeError);
      assert.deepEqual([...backend.capabilities], before);
    },
  },
  {
    id: "ERR-3",
    title: "setting or getting an option that is no capability throws UnsupportedError, with option and backend",
    access: "bare",
    why: "capabilities.ts: nothing is emulated",
    run(trial) {
      const { socket } = trial.listen();
      for (const option of OPTION_NAMES) {
        if (!trial.can(`set ${option}`)) assertUnsupported(() => socket.setOption(option, optionRow(option).min), option);
        if (!trial.can(`get ${option}`)) assertUnsupported(() => socket.getOption(option), option);
      }

      function assertUnsupported(call: () => unknown, option: string): void {
        const error = thrownBy(call);
        assert.ok(error instanceof UnsupportedError, String(error));
        assert.deepEqual([error.code, error.option, error.backend], ["ERR_UNSUPPORTED_OPTION", option, trial.backend.name]);
      }
    },
  },
  {
    id: "ERR-4",
    title: "getting any option that is a capability throws nothing, on a bound socket and on one that is not",
    access: "bare",
    why: "backend.ts: a backend throws only when it is asked for something outside its capabilities",
    run(trial) {
      const sockets = [trial.socket(), trial.listen()];
      for (const option of OPTION_NAMES) {
        if (!trial.can(`get ${option}`)) continue;
        for (const { socket } of sockets) assert.equal(typeof socket.getOption(option), "number");
      }
    },
  },
  {
    id: "ERR-5",
    title: "a port that cannot be opened throws CannotListenError with code, operation, errno, address and port",
    access: "reactor",
    why: "Twisted: CannotListenError; errors.md: ERR_LISTEN",
    run(trial) {
      const { address, port } = trial.open().local;
      const error = thrownBy(() => trial.open({ port }));
      assert.ok(error instanceof SystemError && error.name === "CannotListenError");
      assert.deepEqual(
        [error.code, error.operation, error.errno, error.errnoName, error.address, error.port],
        ["ERR_LISTEN", "listenMulticast", ERRNO.EADDRINUSE, "EADDRINUSE", address, port],
      );
    },
  },
  {
    id: "ERR-6",
    title: "a group that cannot be joined throws MulticastJoinError with code, errno, group and interface",
    access: "reactor",
    host: ["multicast"],
    why: "Twisted: MulticastJoinError; errors.md: ERR_JOIN",
    run(trial) {
      const port = trial.open({ address: trial.addresses.any });
      const error = thrownBy(() => port.join(trial.group(), trial.unknownInterface));
      assert.ok(error instanceof SystemError && error.name === "MulticastJoinError");
      assert.deepEqual(
        [error.code, error.operation, error.errnoName, error.group, error.interface],
        ["ERR_JOIN", "joinGroup", "ENODEV", trial.group(), "nonesuch"],
      );
    },
  },
  {
    id: "ERR-7",
    title: "a datagram that is too long throws MessageLengthError with errno and length, at once",
    access: "reactor",
    why: "Twisted: MessageLengthError; udp(7): EMSGSIZE",
    run(trial) {
      const { a, b } = trial.pair();
      const lengthBytes = trial.addresses.maxPayloadBytes + 1;
      const error = thrownBy(() => a.write(Buffer.alloc(lengthBytes), b.local));
      assert.ok(error instanceof SystemError && error.name === "MessageLengthError");
      assert.deepEqual(
        [error.code, error.errnoName, (error as { lengthBytes?: number }).lengthBytes],
        ["ERR_MESSAGE_TOO_LONG", "EMSGSIZE", lengthBytes],
      );
    },
  },
  {
    id: "ERR-8",
    title: "a call at the wrong moment throws StateError, which every copy of the package recognises",
    access: "reactor",
    why: "errors.ts: isGroupcastError",
    run(trial) {
      const error = thrownBy(() => trial.open().disconnect());
      assert.ok(error instanceof StateError);
      assert.ok(isGroupcastError(error));
    },
  },
  {
    id: "ERR-9",
    title: "a protocol that throws in datagramReceived() keeps receiving, and each error is reported",
    access: "reactor",
    why: "Twisted: test_datagramReceivedError; datagram-protocol.ts",
    async run(trial) {
      const { a, b } = trial.pair();
      b.onArrival = () => {
        throw new Error("thrown by datagramReceived()");
      };
      for (const text of ["first", "second"]) a.write(text, b.local);
      await trial.received(b, 2);
      assert.deepEqual(textsOf(b), ["first", "second"]);
      await trial.until("both errors are reported", () => b.errors.length >= 2);
      assert.equal(b.errors.length, 2);
    },
  },
  {
    id: "ERR-10",
    title: "a port throws UnsupportedError when the backend cannot do what it is asked",
    access: "reactor",
    host: ["multicast"],
    why: "capabilities.ts: nothing is emulated",
    run(trial) {
      const port = trial.member();
      if (!trial.can("blockSource")) {
        assertRefused(() => port.block(trial.group(), trial.net, trial.addresses.foreign), [], "ERR_UNSUPPORTED_OPERATION");
      }
      if (!trial.can("sendPacketInfo")) {
        const via = { interfaceIndex: 0, source: trial.addresses.loopback };
        assertRefused(() => port.write("x", trial.toGroup(port), via), [], "ERR_UNSUPPORTED_OPERATION");
      }
    },
  },
  {
    id: "ERR-11",
    title: "a refused join leaves nothing behind: the group can be joined on an interface that exists",
    access: "both",
    host: ["multicast"],
    why: "transport.ts: joinGroup",
    async run(trial) {
      const member = trial.open({ address: trial.addresses.any });
      assertRefused(() => member.join(trial.group(), trial.unknownInterface), "ENODEV");
      member.join(trial.group(), trial.net);
      trial.sender().write("hello", trial.toGroup(member));
      await trial.first(member);
    },
  },
  {
    id: "ERR-12",
    title: "an endpoint that could not be opened leaves nothing open",
    access: "both",
    why: "Twisted left the socket open when startProtocol threw; here the trial counts descriptors afterwards",
    run(trial) {
      const { port } = trial.open().local;
      for (let count = 0; count < 20; count++) assertRefused(() => trial.open({ port }), "EADDRINUSE");
    },
  },
]);
