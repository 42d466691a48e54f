// TTL 0, from a plain socket and from a port: what is on the wire, by the trace of the network.
import { arrow, box, host, picture, words } from "./drawing.mjs";
import { Scene } from "./scene.mjs";

const GROUP = "239.255.1.1";
const TO = /** @type {const} */ ({ address: GROUP, port: 5000, family: 4 });

/** @returns {Promise<string>} */
export async function draw() {
  const rows = [
    { lines: ["plain socket, TTL 0", "nobody here has joined"], ours: false, onTheWire: await leaks(sendPlainly) },
    { lines: ["port, TTL 0", "is a member before it sends"], ours: true, onTheWire: await leaks(sendByPort) },
  ];
  const title = "A datagram with TTL 0 from a plain socket is on the wire. A datagram with TTL 0 from a port stays on the host.";
  return picture({ width: 640, height: 250, title }, [
    host([12, 12], [420, 226], "the host"),
    ...rows.flatMap(({ lines, ours, onTheWire }, index) => {
      const y = 46 + index * 94;
      return [
        box([28, y], [224, 70], lines, { kind: ours ? "ours" : "" }),
        arrow(
          [
            [252, y + 35],
            [onTheWire ? 511 : 328, y + 35],
          ],
          { kind: onTheWire ? "bad" : "", isLost: !onTheWire },
        ),
        box([352, y + 12], [64, 46], "eth0"),
        words([524, y + 32], onTheWire ? ["on the wire,", "with TTL 0"] : ["nothing", "on the wire"], { kind: onTheWire ? "bad" : "good" }),
      ];
    }),
  ]);
}

/** Whether a datagram leaves the host. @param {(scene: Scene, host: import("@groupcast/backend-memory").MemoryHost) => void} send */
async function leaks(send) {
  const scene = new Scene();
  const member = scene.listen(scene.network.host("member"), { group: GROUP });
  send(scene, scene.network.host("sender"));
  await scene.settle();
  return member.heard.length > 0 && scene.onTheWire("sender").length > 0;
}

/** As any program that sets IP_MULTICAST_TTL to 0. @param {Scene} _ @param {import("@groupcast/backend-memory").MemoryHost} sender */
function sendPlainly(_, sender) {
  const socket = sender.openSocket(4, { received() {}, writable() {}, sendFailed() {}, failed() {} });
  if (typeof socket === "number") throw new Error(`no socket: ${socket}`);
  const interfaces = sender.network.interfaces();
  if (typeof interfaces === "number") throw new Error(`no interfaces: ${interfaces}`);
  socket.bind({ address: "0.0.0.0", port: 4000, family: 4 });
  socket.setOption("multicastTtl", 0);
  socket.setMulticastInterface(interfaces.find(({ name }) => name === "eth0"));
  socket.send({ bytes: Buffer.from("x"), offsets: Int32Array.of(0, 1), to: [TO], via: [undefined] }, 0, 1);
}

/** @param {Scene} scene @param {import("@groupcast/backend-memory").MemoryHost} sender */
function sendByPort(scene, sender) {
  scene.listen(sender, { ttl: 0, outgoingInterface: "eth0" }, 4000).port.write("x", TO);
}
