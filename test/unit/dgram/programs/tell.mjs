import * as facade from "@groupcast/dgram";

/** Prints for each way to a module whose it is, Groupcast's or node's, after a socket of it has exchanged a datagram. */
export async function tell(ways) {
  const found = {};
  for (const [way, { createSocket, Socket }] of Object.entries(ways)) {
    const arrived = await exchange(createSocket);
    found[way] = `${arrived} by ${createSocket === facade.createSocket && Socket === facade.Socket ? "groupcast" : "node"}`;
  }
  console.log(JSON.stringify(found));
}

/** Lets a socket send itself a datagram; resolves with what it received. */
function exchange(createSocket) {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4", (data) => socket.close(() => resolve(String(data))));
    socket.on("error", reject);
    socket.bind(0, "127.0.0.1", () => socket.send("datagram", socket.address().port, "127.0.0.1"));
  });
}
