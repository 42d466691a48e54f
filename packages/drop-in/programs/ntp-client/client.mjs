// Asks an NTP server for the time.
import ntp from "ntp-client";
import { given, say } from "../role.mjs";

ntp.getNetworkTime("127.0.0.1", given.port, (error, date) => {
  if (error) throw error;
  const isNow = Math.abs(date.getTime() - Date.now()) < 60_000; // a server that has the clock of this machine
  say(given.clock === "real" ? `it is now: ${isNow}` : `it is ${date.toISOString()}`);
});
