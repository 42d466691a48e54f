// usage: node unreferenced.mjs <module>: ends at once, although a socket is open that was unref'ed before it was bound.
const { default: dgram } = await import(process.argv[2]);

const socket = dgram.createSocket("udp4").unref();
socket.bind(0, "127.0.0.1", () => console.log(JSON.stringify({ isBound: socket.address().port > 0 })));
