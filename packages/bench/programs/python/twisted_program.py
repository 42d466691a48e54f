"""Twisted as its howto shows it, on its default reactor (epoll on Linux)."""

import sys

from twisted.internet import reactor
from twisted.internet.protocol import DatagramProtocol

from datagram import Sending, Tally, cpu_us, options, say


class Receiver(DatagramProtocol):
    def __init__(self, tally):
        self.tally = tally

    def datagramReceived(self, data, addr):
        if not self.tally.count(data):
            reactor.stop()


class Echo(DatagramProtocol):
    def __init__(self, tally):
        self.tally = tally

    def datagramReceived(self, data, addr):
        if self.tally.count(data):
            self.transport.write(data, addr)
        else:
            reactor.stop()


class Sender(DatagramProtocol):
    def __init__(self, given):
        self.given = given

    def startProtocol(self):
        self.sending = Sending(self.given, lambda data, to: self.transport.write(data, to), reactor.stop)
        to = self.sending.to
        if to[0][0].startswith("239."):
            self.transport.setOutgoingInterface("127.0.0.1")
        elif len(to) == 1:
            self.transport.connect(*to[0])
        reactor.callLater(0, self.burst)

    def burst(self):
        if self.sending.burst():
            reactor.callLater(0, self.burst)


def start_timers(given):
    count = int(given["count"])
    started_cpu_us = cpu_us()
    fired = 0

    def fire():
        nonlocal fired
        fired += 1
        if fired == count:
            say(f"result fired={fired} cpuUs={cpu_us() - started_cpu_us:.0f}")
            reactor.stop()

    for i in range(count):
        reactor.callLater((1 + i % 1000) / 1000, fire)


def main():
    role, given = sys.argv[1], options()
    if role == "timers":
        start_timers(given)
        reactor.run()
        return
    if role == "send":
        reactor.listenMulticast(0, Sender(given))
        say("ready")
        reactor.run()
        return
    tally = Tally(int(given["size"]))
    port = reactor.listenUDP(0, {"receive": Receiver, "echo": Echo}[role](tally), interface="127.0.0.1")
    say(f"ready {port.getHost().port}")
    reactor.run()
    tally.report()


main()
