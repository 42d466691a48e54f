// Prints the interfaces of its namespace.
import { NativeBackend } from "@groupcast/backend-native";

process.stdout.write(JSON.stringify(NativeBackend.load().network.interfaces()));
