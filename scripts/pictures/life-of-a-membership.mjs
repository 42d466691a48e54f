// The life of a membership over an interface that comes and goes, by its events and by what was heard.
import { box, picture, words } from "./drawing.mjs";
import { Scene } from "./scene.mjs";

const GROUP = "239.255.1.1";
const STEP_MS = 1000;
const LEFT = 126;
const WIDTH = 98;

/** @returns {Promise<string>} */
export async function draw() {
  const steps = await lifeOf();
  const title = `A membership while its interface comes and goes: ${steps.map(({ state }) => state).join(", ")}.`;
  return picture({ width: 640, height: 214, title }, [
    words([12, 38], "eth1", { kind: "head" }),
    words([12, 98], "membership", { kind: "head" }),
    words([12, 158], "a datagram", { kind: "head" }),
    ...steps.flatMap(({ eth1, state, isHeard }, index) => {
      const x = LEFT + index * (WIDTH + 2);
      return [
        box([x, 14], [WIDTH, 40], eth1),
        box([x, 74], [WIDTH, 40], state, { kind: state === "joined" ? "ours" : "" }),
        words([x + WIDTH / 2, 158], isHeard ? "heard" : "–", { kind: isHeard ? "good" : "small", anchor: "middle" }),
      ];
    }),
    words([12, 198], 'One call of joinGroup("239.255.1.1", "eth1"), before there is an eth1; time goes to the right.', { kind: "small" }),
  ]);
}

/** What is so a second after each change of the interface. */
async function lifeOf() {
  const scene = new Scene();
  const host = scene.network.host("host");
  const { port, heard } = scene.listen(host, {});
  const speaker = scene.listen(scene.network.host("speaker"), {});
  const observer = scene.reactor(host);
  port.joinGroup(GROUP, "eth1");
  const changes = [
    () => {},
    () => host.addInterface("eth1", { switch: "lan", addresses: ["10.0.0.50/24"] }),
    () => host.removeInterface("eth1"),
    () => host.addInterface("eth1", { switch: "lan", addresses: ["10.0.0.51/24"] }),
    () => host.setUp("eth1", false),
  ];
  const steps = [];
  for (const change of changes) {
    change();
    await scene.network.clock.advance(STEP_MS);
    const before = heard.length;
    speaker.port.write("hello", { address: GROUP, port: 5000 });
    await scene.network.clock.advance(STEP_MS);
    const eth1 = observer.network.interfaces().find(({ name }) => name === "eth1");
    steps.push({
      eth1: eth1 === undefined ? "missing" : eth1.flags.up ? "there" : "down",
      state: port.memberships[0]?.state ?? "none",
      isHeard: heard.length > before,
    });
  }
  return steps;
}
