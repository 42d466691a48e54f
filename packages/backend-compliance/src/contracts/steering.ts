/** Unicast that is steered among sockets of one number. */
import assert from "node:assert/strict";
import { type Steering, socketAddress, steeringHash } from "@groupcast/backend";
import { type Contract, contracts } from "../contract.js";
import { textsOf } from "../endpoint/endpoint.js";
import { accepted, assertOutcome } from "../endpoint/refusal.js";
import { batchTo } from "../endpoint/send-batch.js";
import type { SocketEndpoint } from "../endpoint/socket-endpoint.js";
import type { Trial } from "../trial/trial.js";

const WHY = "socket(7): SO_ATTACH_REUSEPORT_CBPF; reuseport_select_sock() of net/core/sock_reuseport.c";
const LOOPBACK_4 = [0x7f00_0001]; // the words of 127.0.0.1
const LOOPBACK_6 = [0, 0, 0, 1]; // and of ::1
const BY_FIRST_BYTE: Steering = { by: "payload", offsetBytes: 0, lengthBytes: 1, ports: 3 };

function openGroup(trial: Trial, count: number, address: string = trial.addresses.loopback): SocketEndpoint[] {
  const first = trial.listen({ reusePort: true, address });
  const { port } = first.local;
  return [first, ...Array.from({ length: count - 1 }, () => trial.listen({ reusePort: true, address, port }))];
}

function steer(at: SocketEndpoint | undefined, steering: Steering): void {
  accepted("steer()", at!.socket.steer(steering));
}

/** Sends each text from a socket of its own, and returns what each end got once all have arrived. */
async function spread(trial: Trial, ends: readonly SocketEndpoint[], texts: readonly (string | Uint8Array)[]): Promise<string[][]> {
  const before = ends.map(({ arrived }) => arrived.length);
  const total = (): number => ends.reduce((sum, { arrived }, index) => sum + arrived.length - before[index]!, 0);
  const to = { ...ends[0]!.local, address: trial.addresses.loopback };
  for (const text of texts) trial.listen().write(text, to);
  await trial.until(`${texts.length} datagrams arrive`, () => total() >= texts.length);
  return ends.map((end, index) => textsOf(end).slice(before[index]));
}

export const STEERING: readonly Contract[] = contracts([
  {
    id: "ADDR-26",
    title: "a socket steered by a number in the payload gets the datagrams whose number modulo ports is its place in the order of bind",
    access: "bare",
    needs: ["steering", "set reusePort"],
    why: WHY,
    async run(trial) {
      const ends = openGroup(trial, 3);
      steer(ends[0], BY_FIRST_BYTE);
      const bytes = Array.from({ length: 12 }, (_, number) => Uint8Array.of(60 + number));
      const got = await spread(trial, ends, bytes);
      assert.deepEqual(
        got,
        [0, 1, 2].map((place) => bytes.filter(([byte]) => byte! % 3 === place).map((each) => Buffer.from(each).toString())),
      );
    },
  },
  {
    id: "ADDR-27",
    title: "a key of 1, 2, 3 or 4 bytes is one number, the highest byte first, at its offset",
    access: "bare",
    needs: ["steering", "set reusePort"],
    why: WHY,
    async run(trial) {
      const ends = openGroup(trial, 7);
      const key = [0xf1, 0x92, 0xd3, 0xb4];
      for (const lengthBytes of [1, 2, 3, 4]) {
        steer(ends[0], { by: "payload", offsetBytes: 3, lengthBytes, ports: 7 });
        const number = Buffer.from(key).readUIntBE(0, lengthBytes);
        const got = await spread(trial, ends, [Uint8Array.of(1, 2, 3, ...key)]);
        assert.equal(
          got.findIndex(({ length }) => length > 0),
          number % 7,
          `a key of ${lengthBytes} bytes`,
        );
      }
    },
  },
  {
    id: "ADDR-28",
    title: "datagrams with one long key go to one socket, whoever sends them, and different keys use several",
    access: "bare",
    needs: ["steering", "set reusePort"],
    why: WHY,
    async run(trial) {
      const ends = openGroup(trial, 4);
      steer(ends[0], { by: "payload", offsetBytes: 1, lengthBytes: 11, ports: 4 });
      const keys = Array.from({ length: 16 }, (_, number) => `key-${String(number).padStart(4, "0")}-zz`);
      const got = await spread(trial, ends, [...keys.map((key) => `a${key}a`), ...keys.map((key) => `b${key}`)]);
      const placeOf = (text: string): number => got.findIndex((texts) => texts.includes(text));
      for (const key of keys) assert.equal(placeOf(`a${key}a`), placeOf(`b${key}`), key);
      assert.ok(got.filter(({ length }) => length > 0).length > 1, "every key went to one socket");
    },
  },
  {
    id: "ADDR-29",
    title: "a datagram that is shorter than its key, or empty, arrives at the socket that its flow chooses",
    access: "bare",
    needs: ["steering", "set reusePort"],
    why: WHY,
    async run(trial) {
      const ends = openGroup(trial, 3);
      steer(ends[0], { by: "payload", offsetBytes: 2, lengthBytes: 2, ports: 1 }); // the first one, whatever the key
      const short = Array.from({ length: 48 }, (_, number) => "abc".slice(0, number % 4));
      const got = await spread(trial, ends, short);
      assert.equal(got.flat().length, short.length);
      assert.ok(got.filter(({ length }) => length > 0).length > 1, "all went to one socket: nothing was spread by flow");
      const [first = []] = await spread(
        trial,
        ends,
        Array.from({ length: 16 }, () => "long enough"),
      );
      assert.equal(first.length, 16);
    },
  },
  {
    id: "ADDR-30",
    title: "a socket steered by source gets every datagram of an address, whatever its port",
    access: "bare",
    needs: ["steering", "set reusePort"],
    why: WHY,
    async run(trial) {
      const ends = openGroup(trial, 4);
      steer(ends[0], { by: "source", ports: 4 });
      const texts = Array.from({ length: 32 }, (_, number) => `datagram ${number}`);
      const got = await spread(trial, ends, texts);
      const place = steeringHash(trial.family === 4 ? LOOPBACK_4 : LOOPBACK_6) % 4;
      assert.deepEqual(
        got,
        ends.map((_, index) => (index === place ? texts : [])),
      );
    },
  },
  {
    id: "ADDR-31",
    title: "an IPv6 socket on every address, steered by source, gets every datagram of an IPv4 address, too",
    access: "bare",
    families: [6],
    needs: ["steering", "set reusePort"],
    why: WHY,
    async run(trial) {
      const ends = openGroup(trial, 4, "::");
      steer(ends[0], { by: "source", ports: 4 });
      const { port } = ends[0]!.local;
      for (let number = 0; number < 24; number++) {
        const sender = trial.socket(4);
        accepted("send()", sender.socket.send(batchTo(socketAddress("127.0.0.1", port), [String(number)]), 0, 1));
      }
      const total = (): number => ends.reduce((sum, { arrived }) => sum + arrived.length, 0);
      await trial.until("24 datagrams arrive", () => total() >= 24);
      assert.equal(ends[steeringHash(LOOPBACK_4) % 4]!.arrived.length, 24);
    },
  },
  {
    id: "ADDR-32",
    title: "a socket steered by CPU loses nothing, and a place that no socket has leaves the choice to the flow",
    access: "bare",
    needs: ["steering", "set reusePort"],
    why: WHY,
    async run(trial) {
      const ends = openGroup(trial, 2);
      steer(ends[0], { by: "cpu", ports: 2 });
      assert.equal((await spread(trial, ends, ["1", "2", "3", "4"])).flat().length, 4);
      steer(ends[0], { by: "payload", offsetBytes: 0, lengthBytes: 1, ports: 65_535 });
      const got = await spread(
        trial,
        ends,
        Array.from({ length: 32 }, () => "zzz"),
      );
      assert.deepEqual(
        got.map(({ length }) => length > 0),
        [true, true],
      );
    },
  },
  {
    id: "ADDR-33",
    title: "a socket that is bound later has the steering of the others, and the last place",
    access: "bare",
    needs: ["steering", "set reusePort"],
    why: "reuseport_add_sock() of net/core/sock_reuseport.c",
    async run(trial) {
      const ends = openGroup(trial, 2);
      steer(ends[1], BY_FIRST_BYTE);
      ends.push(trial.listen({ reusePort: true, port: ends[0]!.local.port }));
      assert.deepEqual(await spread(trial, ends, ["<", "=", ">"]), [["<"], ["="], [">"]]);
    },
  },
  {
    id: "ADDR-34",
    title: "the last socket takes the place of one that closes, and a new one takes the last",
    access: "bare",
    needs: ["steering", "set reusePort"],
    why: "__reuseport_detach_sock() of net/core/sock_reuseport.c",
    async run(trial) {
      const [first, second, third] = openGroup(trial, 3) as [SocketEndpoint, SocketEndpoint, SocketEndpoint];
      steer(first, BY_FIRST_BYTE);
      await first.close();
      const fresh = trial.listen({ reusePort: true, port: second.local.port });
      assert.deepEqual(await spread(trial, [third, second, fresh], ["<", "=", ">"]), [["<"], ["="], [">"]]);
    },
  },
  {
    id: "ADDR-35",
    title: "steer() is EINVAL on a socket that was bound without reusePort, and EBADF on a closed one",
    access: "bare",
    needs: ["steering", "set reusePort"],
    why: "reuseport_attach_prog() of net/core/sock_reuseport.c",
    async run(trial) {
      const alone = trial.listen();
      assertOutcome(alone.socket.steer({ by: "cpu", ports: 1 }), "EINVAL");
      const closed = trial.listen({ reusePort: true });
      await closed.close();
      assertOutcome(closed.socket.steer({ by: "cpu", ports: 1 }), "EBADF");
    },
  },
]);
