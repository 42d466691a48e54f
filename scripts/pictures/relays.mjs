// A relay between two networks: what a channel carries on one is heard on the other, and nothing that no rule names.
import { ChannelNode, ChannelRelay, UdpTransport } from "@groupcast/channels";
import { arrow, box, picture, words } from "./drawing.mjs";
import { Scene } from "./scene.mjs";

const CHANNELS = ["orders", "logs"];
const ALLOWED = "orders";
const UDP = { port: 5000, ttl: 1 };

/** @returns {Promise<string>} */
export async function draw() {
  const scene = new Scene();
  const office = scene.network.switch("office", { subnets: ["192.0.2.0/24"] });
  const plant = scene.network.switch("plant", { subnets: ["198.51.100.0/24"] });
  const between = scene.network.host("relay", { switch: office });
  between.addInterface("eth1", { switch: plant, addresses: ["198.51.100.1/24"] });
  const reactor = scene.reactor(between);
  const sides = /** @type {const} */ ([
    { transport: new UdpTransport(reactor, { ...UDP, interface: "eth0" }), network: "office" },
    { transport: new UdpTransport(reactor, { ...UDP, interface: "eth1" }), network: "plant" },
  ]);
  const relay = new ChannelRelay(reactor, { sides, allow: [{ channels: ALLOWED }] });
  const [publisher, subscriber] = [office, plant].map((network) => {
    const node = scene.reactor(scene.network.host(`node on ${network.name}`, { switch: network }));
    return new ChannelNode(node, { ...UDP, name: network.name, heartbeatMs: 0, interface: "eth0" });
  });
  /** @type {{ channel: string, isRelayed: boolean }[]} */
  const heard = [];
  for (const channel of CHANNELS)
    subscriber?.channel(channel, { codec: "text" }).subscribe((_, { isRelayed }) => void heard.push({ channel, isRelayed }));
  await scene.settle();
  for (const channel of CHANNELS) publisher?.channel(channel, { codec: "text" }).publish("hello");
  await scene.settle();
  relay.close();

  const title = `A relay passes the channel "${ALLOWED}" from the network office to the network plant, and no other.`;
  return picture({ width: 640, height: 190, title }, [
    box([12, 52], [150, 92], ["publisher", "network office"]),
    box([250, 52], [150, 92], ["relay", `allow: "${ALLOWED}"`], { kind: "ours" }),
    box([478, 52], [150, 92], ["subscriber", "network plant"]),
    ...CHANNELS.flatMap((channel, index) => {
      const y = 78 + index * 42;
      const passes = heard.some((message) => message.channel === channel && message.isRelayed);
      return [
        arrow(
          [
            [162, y],
            [passes ? 243 : 234, y],
          ],
          { kind: passes ? "good" : "", isLost: !passes },
        ),
        words([204, y - 8], channel, { kind: "small", anchor: "middle" }),
        ...(passes
          ? [
              arrow(
                [
                  [400, y],
                  [471, y],
                ],
                { kind: "good" },
              ),
              words([438, y - 8], channel, { kind: "small", anchor: "middle" }),
            ]
          : []),
      ];
    }),
    words([12, 24], `heard on the other network: ${heard.map(({ channel }) => channel).join(", ")}`, { kind: "small" }),
  ]);
}
