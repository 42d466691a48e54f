"""Receives one datagram on an address, and prints the traffic class that its IP header had on the wire."""

import json
import socket
import sys

address = sys.argv[1]
is_ipv6 = ":" in address
s = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
if is_ipv6:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS, 1)
else:
    s.setsockopt(socket.IPPROTO_IP, 13, 1)  # IP_RECVTOS of ip(7)
s.settimeout(10)
s.bind((address, 0))
print("port", s.getsockname()[1], flush=True)
_, ancillary, _, _ = s.recvmsg(100, 100)
print(json.dumps({"trafficClass": ancillary[0][2][0]}))
