import { reportInterfaces } from "@groupcast/diagnosis";
import { type Command, command } from "../command/command.js";
import { interfaceText } from "./interface-text.js";

/** `groupcast interfaces`. */
export const interfacesCommand: Command = command({
  name: "interfaces",
  summary: "Lists interfaces, their routes to groups, the groups joined on them, and the default.",
  operands: [],
  options: {},
  examples: {
    "groupcast interfaces": "all interfaces of this host",
    "sudo groupcast interfaces": "the same, with the names of all programs",
    "groupcast interfaces --json | jq .defaults": "the interface that a program uses if it names none",
  },
  notes: [
    "Linux does not say which socket has joined a group. The programs listed have UDP sockets bound so that they may have joined. " +
      "Root sees the programs of all users.",
    '--json prints one object: type "interfaces", interfaces (interface, kind, operstate, routes, groups), defaults (family, interface, ' +
      "source, reason), unread (path, reason), hiddenProcesses.",
  ],
  run: async ({ output, openReactor }) => {
    const report = reportInterfaces(openReactor().network);
    output.result({ type: "interfaces", ...report }, interfaceText(report, output));
    return "done";
  },
});
