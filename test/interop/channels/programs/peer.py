"""A peer on channels that shares no code with Groupcast: Python's standard library, and the rules of the wire.

usage: peer.py PORT CHANNEL

Prints "ready" and then, for each message on the channel, its sequence number and its payload in hexadecimal. Publishes each line of its
standard input, which is a payload in hexadecimal, and with "raw " before it a whole datagram. Ends with its standard input.
"""

import socket
import struct
import sys
import threading

LOOPBACK = "127.0.0.1"
IP_MULTICAST_ALL = 49  # linux/in.h


def group_of(channel):
    """239.0.0.0 plus the low 23 bits of sdbm, in Python's unbounded integers."""
    value = 0
    for character in channel.encode("ascii"):
        value = character + (value << 6) + (value << 16) - value
    value %= 1 << 23
    return "239.%d.%d.%d" % (value >> 16, (value >> 8) & 255, value & 255)


def receiving_socket(group, port):
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    receiver.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
    receiver.bind(("", port))
    membership = socket.inet_aton(group) + socket.inet_aton(LOOPBACK)
    receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    return receiver


def sending_socket():
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
    return sender


def receive(receiver, channel):
    name = channel.encode("ascii")
    start = b"PULI" + bytes([len(name)]) + name
    while True:
        datagram = receiver.recv(65536)
        if not datagram.startswith(start) or len(datagram) < len(start) + 4:
            continue
        (sequence,) = struct.unpack_from(">I", datagram, len(start))
        print(sequence, datagram[len(start) + 4 :].hex(), flush=True)


def main():
    port, channel = int(sys.argv[1]), sys.argv[2]
    group = group_of(channel)
    receiver = receiving_socket(group, port)
    threading.Thread(target=receive, args=(receiver, channel), daemon=True).start()
    sender = sending_socket()
    name = channel.encode("ascii")
    sequence = 0
    print("ready", flush=True)
    for line in sys.stdin:
        words = line.rstrip("\n").split(" ")
        if words[0] == "raw":
            sender.sendto(bytes.fromhex(words[1]), (group, port))
            continue
        header = b"PULI" + struct.pack(">B", len(name)) + name + struct.pack(">I", sequence)
        sender.sendto(header + bytes.fromhex(words[0]), (group, port))
        sequence = (sequence + 1) % (1 << 32)


main()
