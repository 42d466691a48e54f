"""A member of a group, with Twisted: twisted_multicast_member.py <group> <interface address>.

Prints its port, answers every datagram to the group's port that it was sent from, and runs until SIGTERM.
"""
import sys

from twisted.internet import reactor
from twisted.internet.protocol import DatagramProtocol

GROUP, INTERFACE = sys.argv[1:]


class Member(DatagramProtocol):
    def startProtocol(self):
        self.transport.setOutgoingInterface(INTERFACE)
        self.transport.joinGroup(GROUP, INTERFACE).addCallback(self.joined)

    def joined(self, _):
        print("port", self.transport.getHost().port, flush=True)

    def datagramReceived(self, data, sender):
        self.transport.write(data, (GROUP, sender[1]))


reactor.listenMulticast(0, Member(), maxPacketSize=65536)
reactor.run()
