// A controller of Matter: finds a lamp, takes it into its fabric and switches it on.
import { ServerNode } from "@matter/main";
import { OnOffClient } from "@matter/main/behaviors/on-off";
import { say } from "../role.mjs";
import { environment } from "./environment.mjs";

const controller = await ServerNode.create({
  id: "controller",
  environment,
  network: { port: 5_541 },
  commissioning: { enabled: false },
  controller: { adminFabricLabel: "drop-in" },
});
await controller.start();
const lamp = await controller.peers.commission({ passcode: 20_202_021, longDiscriminator: 3_840 });
say(`found and took in ${lamp.state.basicInformation.productName}`);
const light = lamp.endpoints.for(1);
await light.commandsOf(OnOffClient).on();
say("switched it on");
await controller.close();
say("closed");
