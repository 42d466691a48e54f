// Who gets which datagram, of three programs that have the same port number on one host.
import { arrow, box, host, picture, words } from "./drawing.mjs";
import { Scene } from "./scene.mjs";

const GROUPS = ["239.255.1.1", "239.255.1.2"];
const ROW = 74;
const TOP = 62;

/** @returns {Promise<string>} */
export async function draw() {
  const scene = new Scene();
  const receiver = scene.network.host("receiver");
  const shared = { listenMultiple: true };
  const programs = [
    { lines: ["joined 239.255.1.1"], ours: true, ...scene.listen(receiver, { ...shared, group: GROUPS[0] }) },
    { lines: ["joined 239.255.1.2"], ours: true, ...scene.listen(receiver, { ...shared, group: GROUPS[1] }) },
    {
      lines: ["joined 239.255.1.1", "isolated: false, or a plain socket"],
      ours: false,
      ...scene.listen(receiver, { ...shared, group: GROUPS[0], isolated: false }),
    },
  ];
  const sender = scene.listen(scene.network.host("sender"), {});
  for (const group of GROUPS) sender.port.write(group, { address: group, port: 5000 });
  await scene.settle();

  const arrows = programs.flatMap(({ heard, lines }, row) =>
    heard.map((group) => {
      const isOwn = lines[0]?.endsWith(group) === true;
      const from = GROUPS.indexOf(group);
      const y = TOP + row * ROW + 26;
      return arrow(
        [
          [196, 110 + from * 84],
          [322, isOwn ? y - 6 : y + 8],
        ],
        { kind: isOwn ? "good" : "bad" },
      );
    }),
  );
  const title = "Three programs on one host have port 5000. A port that joined one group hears that group. A plain socket hears both.";
  return picture({ width: 640, height: 300, title }, [
    host([310, 12], [318, 276], "one host, port 5000"),
    ...GROUPS.map((group, index) => box([12, 82 + index * 84], [184, 56], [group, "datagram to port 5000"])),
    ...arrows,
    ...programs.map(({ lines, ours }, row) => box([332, TOP + row * ROW - 12], [284, 58], lines, { kind: ours ? "ours" : "" })),
    words([12, 282], "red: another program's group", { kind: "small bad" }),
  ]);
}
