// A receiver of streaming ACN (ANSI E1.31): DMX over multicast, a group per universe.
import { Receiver } from "sacn";
import { partnerIsDone, ready, say } from "../role.mjs";

const receiver = new Receiver({ universes: [1, 2], iface: "198.18.0.2", reuseAddr: true });
receiver.on("packet", ({ universe, sourceName, payload, priority }) => {
  say(`universe ${universe} from ${sourceName}, priority ${priority}: ${JSON.stringify(payload)}`);
});
receiver.on("PacketCorruption", ({ message }) => say(`broken: ${message}`));
receiver.socket.on("listening", () => ready());
await partnerIsDone();
receiver.close(() => say("closed"));
