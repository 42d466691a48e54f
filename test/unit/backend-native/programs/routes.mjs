// Prints where datagrams to several addresses would go, and the default routes.
import { NativeBackend } from "@groupcast/backend-native";

const { network } = NativeBackend.load();
process.stdout.write(
  JSON.stringify({
    byGateway: network.routeTo("192.0.2.1", undefined),
    onLink: network.routeTo("10.77.1.9", undefined),
    fromOther: network.routeTo("192.0.2.1", "10.77.1.1"),
    multicast: network.routeTo("239.1.2.3", undefined),
    zone: network.routeTo("fe80::77%two", undefined),
    byGateway6: network.routeTo("2001:db8::1", undefined),
    unreachable: network.routeTo("10.99.0.1", undefined),
    default4: network.defaultRoute(4),
    default6: network.defaultRoute(6),
  }),
);
