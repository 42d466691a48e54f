/** Answers questions on a channel, and sends each message of another one back, until its standard input ends. */
import { ChannelNode } from "@groupcast/channels";
import { Reactor } from "groupcast";
import { CHANNEL, CHANNEL_PORT, RETURNED } from "./setting.js";

const reactor = new Reactor();
const node = new ChannelNode(reactor, { name: "answering", port: CHANNEL_PORT, interface: "lo", heartbeatMs: 0 });
node.channel(CHANNEL).respond((data) => data);
const back = node.channel(RETURNED.back);
node.channel(RETURNED.there).subscribe((data) => void back.publish(data));
console.log("ready");
process.stdin.resume().on("end", () => void reactor.stop());
