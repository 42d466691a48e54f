// Asks an NTP server for the time.
import { Client } from "ntp-time";
import { given, say } from "../role.mjs";

const { time, mode, stratum } = await new Client("127.0.0.1", given.port).syncTime();
say(`it is ${given.clock === "real" ? time.getFullYear() >= 2025 : time.toISOString()}, mode ${mode}, stratum ${stratum}`);
process.exit(); // it leaves its first socket open
