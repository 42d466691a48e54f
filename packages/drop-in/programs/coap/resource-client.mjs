// Puts a value into a CoAP server, and gets it back.
import { once } from "node:events";
import { request } from "coap";
import { given, say } from "../role.mjs";

const RESOURCE = { hostname: "127.0.0.1", port: given.port, pathname: "/drop-in" };

for (const value of ["22 degrees", "0123456789".repeat(100)]) {
  const put = request({ ...RESOURCE, method: "PUT" });
  put.end(value);
  const [{ code: putCode }] = await once(put, "response");
  const get = request(RESOURCE);
  get.end();
  const [{ code, payload }] = await once(get, "response");
  say(
    `PUT of ${value.length} bytes was answered ${putCode}, GET ${code} with ${payload.equals(Buffer.from(value)) ? "the same" : payload}`,
  );
}
