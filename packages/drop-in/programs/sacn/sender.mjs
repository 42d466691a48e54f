// A sender of streaming ACN, to two universes.
import { Sender } from "sacn";
import { say } from "../role.mjs";

for (const universe of [1, 2]) {
  const sender = new Sender({ universe, iface: "198.18.0.2", reuseAddr: true, defaultPacketOptions: { sourceName: "desk" } });
  await sender.send({ payload: { 1: 100, 512: universe * 10 }, priority: 150 });
  say(`sent universe ${universe}`);
  sender.close();
}
