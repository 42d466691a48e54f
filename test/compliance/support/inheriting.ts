// Starts programs with sockets that another program has opened, as systemd does. Node cannot open a descriptor and keep it bare.
import type { Family } from "@groupcast/backend";
import type { Host } from "../../support/lab/host.js";
import type { Program } from "../../support/lab/program.js";
import { hasCommand } from "../../support/probe.js";

const FIRST_DESCRIPTOR = 40; // above what Node opens for itself
const SOCKET_COUNT = 8;
const hasPython = hasCommand("python3", "python3");

/** Opens sockets on fixed descriptors, says on which port each is, and becomes the program. */
const OPEN_AND_BECOME = `
import os, socket, sys
family = {"4": socket.AF_INET, "6": socket.AF_INET6}[sys.argv[1]]
found = []
for number in range(${SOCKET_COUNT}):
    opened = socket.socket(family, socket.SOCK_DGRAM)
    opened.bind(({"4": "127.0.0.1", "6": "::1"}[sys.argv[1]], 0))
    os.dup2(opened.fileno(), ${FIRST_DESCRIPTOR} + number)
    os.set_inheritable(${FIRST_DESCRIPTOR} + number, True)
    found.append('{"fd":%d,"port":%d}' % (${FIRST_DESCRIPTOR} + number, opened.getsockname()[1]))
arguments = [text.replace('"FOREIGN"', "[%s]" % ",".join(found)) for text in sys.argv[2:]]
os.execv(arguments[0], arguments)
`;

/**
 * Starts a program in a host.
 *
 * @param commandWith - Makes the command line; where the argument goes in, as JSON, the descriptors and ports of the sockets are.
 */
export async function inheriting(host: Host, family: Family, commandWith: (foreignSockets: unknown) => string[]): Promise<Program> {
  if ((await hasPython()).isAvailable) return host.spawn("python3", ["-c", OPEN_AND_BECOME, String(family), ...commandWith("FOREIGN")]);
  const [command = "", ...args] = commandWith([]);
  return host.spawn(command, args);
}
