"""Asks an echo server with Twisted: twisted_echo_client.py <address> <port> <size>…

Sends one datagram of each size, the next when the one before has come back, and compares every byte. Prints the sizes that came back
unchanged, as JSON. After ten seconds without an answer it gives up.
"""
import json
import sys

from twisted.internet import reactor
from twisted.internet.protocol import DatagramProtocol

PATIENCE_S = 10


def pattern(size):
    return bytes((i * 31 + (i >> 8)) & 0xFF for i in range(size))


class EchoClient(DatagramProtocol):
    def __init__(self, server, sizes):
        self.server = server
        self.sizes = sizes
        self.echoed = []

    def startProtocol(self):
        self.patience = reactor.callLater(PATIENCE_S, reactor.stop)
        self.ask()

    def ask(self):
        if not self.sizes:
            reactor.stop()
            return
        self.transport.write(pattern(self.sizes[0]), self.server)

    def datagramReceived(self, data, sender):
        size = self.sizes.pop(0)
        if data == pattern(size) and sender[:2] == self.server:
            self.echoed.append(size)
        self.patience.reset(PATIENCE_S)
        self.ask()


server = (sys.argv[1], int(sys.argv[2]))
client = EchoClient(server, [int(size) for size in sys.argv[3:]])
any_address = "::" if ":" in server[0] else ""
reactor.listenUDP(0, client, interface=any_address, maxPacketSize=65536)
reactor.run()
print(json.dumps(client.echoed))
