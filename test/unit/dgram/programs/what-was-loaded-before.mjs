// Prints what modules that were loaded before the hook have now.
import { tell } from "./tell.mjs";

await tell(globalThis.loadedBefore);
