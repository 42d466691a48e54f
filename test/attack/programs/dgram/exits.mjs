// What keeps a process: a socket that listens, unless it is unreferenced or closed.
import { dgram, open, tell } from "./stage.mjs";

process.on("exit", (code) => tell("exit", code));
const kept = await open();
const loose = await open();
loose.unref().unref();
const early = dgram.createSocket("udp4").unref();
early.bind(0, "127.0.0.1", () => tell("an unreferenced socket listens"));
const again = (await open()).unref().ref();
kept.on("message", (message) => {
  tell("got", message);
  kept.close();
  again.close();
});
loose.send("before the end", kept.address().port, "127.0.0.1");
