// A listener that throws, and nobody who catches: the process ends, with the code and the words of Node.
import { open, tell } from "./stage.mjs";

const socket = await open();
process.on("exit", (code) => tell("exit", code));
socket.on("message", () => {
  throw new RangeError("nobody catches this");
});
socket.send("x", socket.address().port, "127.0.0.1");
