// libcoap's client.
import { start } from "../foreign.mjs";
import { given, say } from "../role.mjs";

/** @param {readonly string[]} args @param {string} path */
const ask = async (args, path) => (await start("coap-client-notls", [...args, `coap://127.0.0.1:${given.port}${path}`]).ended()).trim();

say(`PUT was answered "${await ask(["-m", "put", "-e", "22 degrees"], "/value")}"`);
say(`GET was answered with ${(await ask(["-m", "get"], "/long")).length} bytes`);
