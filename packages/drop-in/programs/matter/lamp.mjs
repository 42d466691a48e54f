// A lamp that speaks Matter: it announces itself over mDNS and waits for a controller.
import { ServerNode, VendorId } from "@matter/main";
import { OnOffLightDevice } from "@matter/main/devices/on-off-light";
import { partnerIsDone, ready, say } from "../role.mjs";
import { environment } from "./environment.mjs";

const lamp = await ServerNode.create({
  id: "lamp",
  environment,
  network: { port: 5_540 },
  commissioning: { passcode: 20_202_021, discriminator: 3_840 },
  productDescription: { name: "Drop-in lamp", deviceType: OnOffLightDevice.deviceType },
  basicInformation: { vendorName: "Drop-in", vendorId: VendorId(0xfff1), nodeLabel: "lamp", productName: "Lamp", productId: 0x8000 },
});
const light = await lamp.add(OnOffLightDevice, { id: "light" });
light.events.onOff.onOff$Changed.on((isOn) => say(`is ${isOn ? "on" : "off"}`));
lamp.lifecycle.commissioned.on(() => say("belongs to a fabric"));
await lamp.start();
ready();
await partnerIsDone();
process.exit(); // lamp.close() takes eight seconds to say good-bye to a controller that has gone
