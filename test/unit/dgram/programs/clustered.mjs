// A cluster of two workers, each of which binds the same port and prints whose socket it has; the primary ends them when both have one.
import cluster from "node:cluster";
import dgram from "node:dgram";
import * as facade from "@groupcast/dgram";

const owner = dgram.createSocket === facade.createSocket ? "groupcast" : "node";

if (cluster.isPrimary) {
  const free = dgram.createSocket("udp4").bind(0, "127.0.0.1", () => {
    const { port } = free.address();
    free.close(() => start(port));
  });
} else {
  const socket = dgram.createSocket("udp4");
  socket.bind(Number(process.env.PORT), "127.0.0.1", () => process.send({ owner, port: socket.address().port }));
}

function start(port) {
  const found = [];
  cluster.on("message", (_worker, message) => {
    found.push(message);
    if (found.length < 2) return;
    const ports = new Set(found.map((each) => each.port));
    console.log(JSON.stringify({ primary: owner, workers: found.map((each) => each.owner), ports: ports.size }));
    for (const worker of Object.values(cluster.workers)) worker.kill();
  });
  for (const _ of [1, 2]) cluster.fork({ PORT: String(port) });
}
