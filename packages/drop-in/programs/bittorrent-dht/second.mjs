// A node of BitTorrent's distributed hash table: announces itself, finds itself again, and stores a value (BEP 44).
import DHT from "bittorrent-dht";
import { given, say } from "../role.mjs";

const INFO_HASH = "bb".repeat(20);

const node = new DHT({ bootstrap: [`127.0.0.1:${given.port}`], nodeId: "cc".repeat(20) });
const done = (name, ...args) =>
  new Promise((resolve, reject) => node[name](...args, (error, value) => (error ? reject(error) : resolve(value))));
node.on("peer", ({ host, port }) => say(`found a peer at ${host}, port ${port}`));
await new Promise((resolve) => node.once("ready", resolve));
await done("announce", INFO_HASH, 6_881);
say("announced");
await done("lookup", INFO_HASH);
const key = await done("put", { v: "kept by the other node" });
say(`put ${key.toString("hex")}`);
say(`got "${(await done("get", key)).v}"`);
node.destroy(() => say("closed"));
