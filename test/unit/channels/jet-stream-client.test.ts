// What a program learns that names a stream without the client of JetStream beside it.
import { expect, test, vi } from "vitest";
import { loadJetStreamClient } from "../../../packages/channels/src/nats/jet-stream-client.js";

vi.mock("../../../packages/channels/node_modules/@nats-io/jetstream/lib/mod.js", () => {
  throw new Error("Cannot find package '@nats-io/jetstream'");
});

test("loadJetStreamClient() says what to install where the client of JetStream is missing, with the reason as its cause", async () => {
  await expect(loadJetStreamClient("NatsTransport.connect")).rejects.toMatchObject({
    code: "ERR_JETSTREAM_CLIENT_MISSING",
    operation: "NatsTransport.connect",
    remedy: expect.stringContaining("npm install @nats-io/jetstream"),
    cause: expect.any(Error),
  });
});
