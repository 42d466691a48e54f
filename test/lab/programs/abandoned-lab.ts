// Makes a lab, says what is in it, and waits to be killed, so that nobody disposes of the lab.
import { Lab } from "../../support/lab/lab.js";
import { switched } from "../../support/lab/topologies.js";

const lab = await Lab.create("abandoned");
const { interfaces } = await switched(lab, ["a", "b"], { snooping: false });
const pids = interfaces.map(({ host }) => host.spawn("sleep", ["600"]).pid); // outlives this process
process.stdout.write(`${JSON.stringify({ prefix: lab.prefix, pids })}\n`);
