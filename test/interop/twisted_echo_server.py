"""Echoes datagrams with Twisted: twisted_echo_server.py <address>. Prints its port, and runs until SIGTERM."""
import sys

from twisted.internet import reactor
from twisted.internet.protocol import DatagramProtocol


class Echo(DatagramProtocol):
    def datagramReceived(self, data, sender):
        self.transport.write(data, sender)


port = reactor.listenUDP(0, Echo(), interface=sys.argv[1], maxPacketSize=65536)
print("port", port.getHost().port, flush=True)
reactor.run()
