/**
 * Parameters of a node, which another one reads, sets and watches.
 *
 * You learn: parameters have types and bounds; only those with `settable: true` can be set from elsewhere, and the owner's refusal comes back.
 * You run:   node examples/dist/26-channel-parameters/main.js
 * You see:   the exposure set from 10 ms to 20 ms, and what the camera refuses
 */
import { randomBytes } from "node:crypto";
import { ChannelNode, ParameterError } from "@groupcast/channels";
import { Reactor } from "groupcast";

const PORT = Number(process.argv[2] ?? 9999);
const seal = { keys: { 1: randomBytes(32) }, current: 1 }; // without it anybody on the network could set what is settable

const reactor = new Reactor();
const camera = new ChannelNode(reactor, {
  name: "camera",
  port: PORT,
  seal,
  parameters: {
    exposureMs: { value: 10, minimum: 0.1, maximum: 1000, description: "Time for which the shutter is open.", settable: true },
    mode: { value: "auto", choices: ["auto", "manual"] },
  },
});
camera.parameters.on("change", ({ name, value, previous, by }) => {
  console.log(`camera: ${by.name} set ${name} from ${previous} to ${value}`);
});

const desk = new ChannelNode(reactor, { name: "desk", port: PORT, seal });
const remote = desk.parametersOf("camera"); // waits for it, if it is not known yet
const watch = await remote.watch(({ name, value }) => {
  console.log(`desk: ${name} is ${value} now`);
});
console.log(`exposureMs is ${await remote.get("exposureMs")}`);
await remote.set("exposureMs", 20);

for (const [name, value] of [
  ["exposureMs", 2000],
  ["mode", "manual"],
] as const) {
  try {
    await remote.set(name, value);
  } catch (error) {
    if (!(error instanceof ParameterError)) throw error;
    console.log(`${name}: ${error.reason}`);
  }
}
watch.close();
await reactor.stop();
