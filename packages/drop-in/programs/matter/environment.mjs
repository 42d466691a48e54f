// What a node of Matter runs in: Node's network, and no log.
import { Environment, Logger, LogLevel } from "@matter/main";

Logger.level = LogLevel.FATAL;

export const environment = Environment.default;
environment.vars.set("mdns.networkInterface", "eth0");
