// Reactor, port and protocol: who calls whom while one datagram is answered.
import { arrow, box, picture, words } from "./drawing.mjs";
import { Scene } from "./scene.mjs";

/** @returns {Promise<string>} */
export async function draw() {
  const calls = await callsOfAnEcho();
  const numbered = (/** @type {string} */ call) => `${calls.indexOf(call) + 1} ${call}`;
  const title =
    "The reactor opens a port. The port calls your protocol for each datagram. The protocol writes by its transport, which is the port.";
  return picture({ width: 640, height: 300, title }, [
    box([226, 16], [188, 52], ["Reactor", "opens ports, runs timers"]),
    box([226, 140], [188, 96], ["Port", "a bound socket,", "your protocol's transport"]),
    box([492, 140], [136, 96], ["Protocol", "your code"], { kind: "ours" }),
    box([12, 140], [110, 96], "Network"),
    arrow([
      [320, 68],
      [320, 133],
    ]),
    words([330, 106], numbered("listenUDP"), { kind: "code" }),
    arrow([
      [414, 160],
      [485, 160],
    ]),
    words([560, 126], numbered("startProtocol"), { kind: "code", anchor: "middle" }),
    ...["startProtocol", "datagramReceived", "write"].map((call, index) =>
      words([450, 155 + index * 28], `${calls.indexOf(call) + 1}`, { kind: "small", anchor: "middle" }),
    ),
    arrow(
      [
        [122, 188],
        [219, 188],
      ],
      { kind: "good" },
    ),
    arrow(
      [
        [414, 188],
        [485, 188],
      ],
      { kind: "good" },
    ),
    words([453, 262], numbered("datagramReceived"), { kind: "code good", anchor: "middle" }),
    arrow([
      [492, 216],
      [421, 216],
    ]),
    arrow([
      [226, 216],
      [129, 216],
    ]),
    words([453, 284], numbered("write"), { kind: "code", anchor: "middle" }),
    words([174, 180], '"hello"', { kind: "small", anchor: "middle" }),
    words([174, 236], '"hello"', { kind: "small", anchor: "middle" }),
  ]);
}

/** Calls of a program that echoes one datagram, in the order in which they were made. */
async function callsOfAnEcho() {
  const scene = new Scene();
  /** @type {string[]} */
  const calls = ["listenUDP"];
  const reactor = scene.reactor(scene.network.host("server"));
  reactor.listenUDP(9999, {
    startProtocol() {
      calls.push("startProtocol");
    },
    datagramReceived(data, from) {
      calls.push("datagramReceived", "write");
      this.transport.write(data, from);
    },
  });
  const client = scene.listen(scene.network.host("client"), {});
  client.port.write("hello", { address: "10.0.0.1", port: 9999 });
  await scene.settle();
  if (client.heard.join() !== "hello") throw new Error(`the echo is missing: ${client.heard}`);
  return calls;
}
