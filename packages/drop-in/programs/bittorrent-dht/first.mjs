// A node of BitTorrent's distributed hash table (BEP 5), which others start from.
import DHT from "bittorrent-dht";
import { partnerIsDone, ready, say } from "../role.mjs";

const node = new DHT({ bootstrap: false, nodeId: "aa".repeat(20) });
node.on("announce", ({ host }, infoHash) => say(`${host} announced ${infoHash.toString("hex")}`));
node.on("node", ({ id }) => say(`met the node ${Buffer.from(id).toString("hex")}`));
node.listen(0, "127.0.0.1", () => ready({ port: node.address().port }));
await partnerIsDone();
node.destroy(() => say("closed"));
