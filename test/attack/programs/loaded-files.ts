// Loads the native backend, and prints the files that are mapped then: proc_pid_maps(5).
import { readFileSync } from "node:fs";
import { chooseBackend } from "groupcast";

chooseBackend("native");
process.stdout.write(readFileSync("/proc/self/maps", "utf8"));
