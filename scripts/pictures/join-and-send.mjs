// Joining and sending are two settings: a port that joined on one interface and sends by the other.
import { arrow, box, host, picture, words } from "./drawing.mjs";
import { Scene } from "./scene.mjs";

const GROUP = "239.255.1.1";

/** @returns {Promise<string>} */
export async function draw() {
  const scene = new Scene();
  const office = scene.network.switch("office", { subnets: ["192.0.2.0/24"] });
  const plant = scene.network.switch("plant", { subnets: ["198.51.100.0/24"] });
  const here = scene.network.host("here", { switch: office });
  here.addInterface("eth1", { switch: plant, addresses: ["198.51.100.1/24"] });
  const mine = scene.listen(here, { outgoingInterface: "eth1" });
  mine.port.joinGroup(GROUP, "eth0");
  const peers = [office, plant].map((network) => {
    const { port, heard } = scene.listen(scene.network.host(`on ${network.name}`, { switch: network }), {
      group: GROUP,
      outgoingInterface: "eth0",
    });
    port.write(`from ${network.name}`, { address: GROUP, port: 5000 });
    return { name: network.name, heard };
  });
  mine.port.write("from here", { address: GROUP, port: 5000 });
  await scene.settle();

  const rows = peers.map(({ name, heard }, index) => {
    return { name, index, hears: heard.includes("from here"), isHeard: mine.heard.includes(`from ${name}`) };
  });
  const title = "A port that joins on eth0 and sends by eth1 hears the network of eth0, and is heard on the network of eth1.";
  return picture({ width: 640, height: 256, title }, [
    host([12, 12], [290, 232], "one host"),
    box([28, 104], [170, 76], ["port", 'joinGroup(…, "eth0")', 'outgoing: "eth1"'], { kind: "ours" }),
    ...rows.flatMap(drawn),
    words([448, 244], "blue: received", { kind: "small good" }),
  ]);
}

/**
 * An interface, the member on its network, and what goes from one to the other.
 *
 * @param {{ name: string, index: number, hears: boolean, isHeard: boolean }} row
 */
function drawn({ name, index, hears, isHeard }) {
  const y = 66 + index * 118;
  const inside = 122 + index * 40;
  return [
    box([448, y - 28], [180, 64], [`a member, ${name}`, hears ? "hears the port" : "does not hear the port"]),
    isHeard
      ? arrow(
          [
            [448, y - 8],
            [205, inside - 4],
          ],
          { kind: "good" },
        )
      : arrow(
          [
            [448, y - 8],
            [356, y - 8],
          ],
          { isLost: true },
        ),
    ...(hears
      ? [
          arrow(
            [
              [198, inside + 4],
              [441, y + 16],
            ],
            { kind: "good" },
          ),
        ]
      : []),
    box([262, y - 22], [76, 52], [`eth${index}`, isHeard ? "joined" : "not joined"]),
  ];
}
