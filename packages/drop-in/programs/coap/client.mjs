// Asks a CoAP server, and observes it.
import { once } from "node:events";
import { request } from "coap";
import { given, say } from "../role.mjs";

const SERVER = { hostname: "127.0.0.1", port: given.port };

/** @param {object} options @param {string} [payload] */
async function ask(options, payload) {
  const asked = request({ ...SERVER, ...options });
  asked.end(payload);
  const [response] = await once(asked, "response");
  return response;
}

const put = await ask({ pathname: "/value", method: "PUT" }, "22 degrees");
say(`PUT was answered ${put.code} "${put.payload}"`);
const long = await ask({ pathname: "/long" });
say(`GET was answered ${long.code}, ${long.payload.length} bytes`);
const observed = await ask({ pathname: "/observed", observe: true });
let changes = 0;
for await (const change of observed) {
  say(`observed "${change}"`);
  changes += 1;
  if (changes === 2) break;
}
observed.close();
