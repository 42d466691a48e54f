"""A member of a group, with Python's socket module: python_multicast_member.py <group> <interface address>.

Prints its port. Answers every datagram to the group, on the port that it was sent from, and says so. Ends when its standard input does.
"""
import select
import socket
import sys

GROUP, INTERFACE = sys.argv[1:]

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as member:
    interface = socket.inet_aton(INTERFACE)
    member.bind(("", 0))
    member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + interface)
    member.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
    print("port", member.getsockname()[1], flush=True)
    while True:
        ready, _, _ = select.select([member, sys.stdin], [], [])
        if sys.stdin in ready:
            break
        data, (_, port) = member.recvfrom(65536)
        member.sendto(data, (GROUP, port))
        print("answered", len(data), "bytes", flush=True)
