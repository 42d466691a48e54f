"""A peer on LCM's network that shares no code with Groupcast: Python's standard library, and LCM's description of its protocol.

usage: lcm_peer.py GROUP PORT

Prints "ready" and then, for each message, "NAME LENGTH SHA256"; short ones with "short" behind it, others with the number of fragments.
Reads commands from its standard input, one a line, with tabs between their words, and ends with it:

    publish NAME HEX           sends a short message
    long NAME LENGTH PART      sends a message of LENGTH bytes (0, 1, 2 ... 250, 0, 1 ...) in fragments with at most PART bytes of it
    lossy NAME LENGTH PART N   the same, without fragment N
    backwards NAME LENGTH PART the same, the last fragment first
    raw HEX                    sends a datagram as it is
"""

import hashlib
import socket
import struct
import sys
import threading
import time

LOOPBACK = "127.0.0.1"
IP_MULTICAST_ALL = 49  # linux/in.h
SHORT = 0x4C433032
FRAGMENT = 0x4C433033
PACE_BYTES = 32768
SO_RCVBUFFORCE = 33  # asm-generic/socket.h: for root alone
BUFFER_BYTES = 1 << 23


def receiving_socket(group, port):
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    receiver.setsockopt(socket.IPPROTO_IP, IP_MULTICAST_ALL, 0)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    try:
        receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
    except PermissionError:
        pass  # as much as net.core.rmem_max allows
    receiver.bind((group, port))
    membership = socket.inet_aton(group) + socket.inet_aton(LOOPBACK)
    receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    return receiver


def sending_socket():
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
    return sender


class Receiver:
    """Puts messages together: by sender and number, each part at its offset."""

    def __init__(self, own_port):
        self.own_port = own_port
        self.partial = {}

    def take(self, datagram, address):
        if address[1] == self.own_port:
            return
        magic, number = struct.unpack_from(">II", datagram)
        if magic == SHORT:
            name, payload = datagram[8:].split(b"\0", 1)
            self.tell(name, payload, "short")
        elif magic == FRAGMENT:
            self.take_fragment((address, number), datagram)

    def take_fragment(self, key, datagram):
        length, offset, index, count = struct.unpack_from(">IIHH", datagram, 8)
        part = datagram[20:]
        message = self.partial.setdefault(key, {"name": None, "payload": bytearray(length), "seen": set(), "bytes": 0})
        if index == 0:
            message["name"], part = part.split(b"\0", 1)
        message["payload"][offset : offset + len(part)] = part
        message["seen"].add(index)
        message["bytes"] += len(part)
        if len(message["seen"]) == count:
            del self.partial[key]
            assert message["bytes"] == length == len(message["payload"])
            self.tell(message["name"], bytes(message["payload"]), str(count))

    @staticmethod
    def tell(name, payload, how):
        print(name.decode(), len(payload), hashlib.sha256(payload).hexdigest(), how, flush=True)


def receive(receiving, receiver):
    while True:
        receiver.take(*receiving.recvfrom(65536))


def fragments(name, payload, part_bytes, number):
    """The first fragment has the name, and as many bytes of the payload as the others."""
    count = max(1, -(-len(payload) // part_bytes))
    for index in range(count):
        offset = index * part_bytes
        header = struct.pack(">IIIIHH", FRAGMENT, number, len(payload), offset, index, count)
        yield header + (name + b"\0" if index == 0 else b"") + payload[offset : offset + part_bytes]


def main():
    group, port = sys.argv[1], int(sys.argv[2])
    sender = sending_socket()
    sender.bind(("", 0))
    receiver = Receiver(sender.getsockname()[1])
    threading.Thread(target=receive, args=(receiving_socket(group, port), receiver), daemon=True).start()
    number = 0
    print("ready", flush=True)
    for line in sys.stdin:
        command, *words = line.rstrip("\n").split("\t")
        if command == "raw":
            sender.sendto(bytes.fromhex(words[0]), (group, port))
            continue
        name = words[0].encode()
        if command == "publish":
            sender.sendto(struct.pack(">II", SHORT, number) + name + b"\0" + bytes.fromhex(words[1]), (group, port))
        else:
            payload = bytes(i % 251 for i in range(251)) * (int(words[1]) // 251 + 1)
            parts = list(fragments(name, payload[: int(words[1])], int(words[2]), number))
            if command == "lossy":
                del parts[int(words[3])]
            if command == "backwards":
                parts.reverse()
            sent = 0
            for part in parts:
                sender.sendto(part, (group, port))
                sent += len(part)
                if sent > PACE_BYTES:
                    sent = 0
                    time.sleep(0.002)
        number = (number + 1) % (1 << 32)


main()
