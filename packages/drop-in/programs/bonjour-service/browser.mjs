// Looks for services in DNS-SD, and says what it finds.
import { Bonjour } from "bonjour-service";
import { say } from "../role.mjs";

const bonjour = new Bonjour();
bonjour.find({ type: "http" }, ({ name, host, port, txt, addresses, referer }) => {
  const own = addresses.filter((address) => address.startsWith("198.18.")); // in what order, and which others, is the host's affair
  say(`found ${name} at ${host}, port ${port}, ${JSON.stringify(txt)}, ${own}, told by ${referer.address}`);
  bonjour.destroy(() => say("closed"));
});
