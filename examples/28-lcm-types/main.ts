/**
 * LCM's network and its types: this program exchanges messages with LCM's programs.
 *
 * You learn: a transport for LCM instead of UDP; a struct as in a .lcm file; publish() checks its values.
 * You run:   node examples/dist/28-lcm-types/main.js
 * You see:   scan 1 at 2.5, 0 with 3 ranges, and then refused: ranges
 */
import { ChannelNode, LcmTransport, lcmStruct } from "@groupcast/channels";
import { Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 7667);

const position = lcmStruct("position_t", { x: "double", y: "double" });
const scan = lcmStruct("scan_t", {
  utime: "int64_t",
  at: position,
  count: "int32_t",
  ranges: ["int16_t", "count"], // int16_t ranges[count];
});

const reactor = new Reactor();
const transport = new LcmTransport(reactor, { port: PORT }); // or { url: process.env.LCM_DEFAULT_URL }
const node = new ChannelNode(reactor, { name: "scanner", transport });
const channel = node.channel("SCAN", { codec: scan });

channel.subscribe(({ utime, at, ranges }) => {
  console.log(`scan ${utime} at ${at.x}, ${at.y} with ${ranges.length} ranges`);
  try {
    channel.publish({ utime: 2n, at, count: 4, ranges });
  } catch (error) {
    console.log(`refused: ${(error as { argument?: string }).argument}`);
  }
  void reactor.stop();
});
reactor.callWhenRunning(() => {
  channel.publish({ utime: 1n, at: { x: 2.5, y: 0 }, count: 3, ranges: [120, 118, 117] });
});
await reactor.run();
await transport.close();
