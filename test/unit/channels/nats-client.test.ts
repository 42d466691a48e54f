// What a program learns that connects to a NATS server without the client of NATS beside it.
import { expect, test, vi } from "vitest";
import { NatsTransport } from "../../../packages/channels/src/nats/nats-transport.js";

vi.mock("../../../packages/channels/node_modules/@nats-io/transport-node/index.js", () => {
  throw new Error("Cannot find package '@nats-io/transport-node'");
});

test("NatsTransport.connect() says what to install where the client of NATS is missing, with the reason as its cause", async () => {
  await expect(NatsTransport.connect()).rejects.toMatchObject({
    code: "ERR_NATS_CLIENT_MISSING",
    operation: "NatsTransport.connect",
    remedy: expect.stringContaining("npm install @nats-io/transport-node"),
    cause: expect.any(Error),
  });
});

test("NatsTransport.connect() refuses wrong options before it looks for the client", async () => {
  await expect(NatsTransport.connect({ prefix: "a b" })).rejects.toMatchObject({ code: "ERR_ARGUMENT_RANGE" });
});
