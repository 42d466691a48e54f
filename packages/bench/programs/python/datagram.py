"""Numbering of datagrams, which the programs of all languages share: see ../c/datagram.h."""

import resource
import sys
import time

MEASURED = 0x80000000
END = 0xFFFFFFFF
SAMPLE = 1023
BURST = 64


def options():
    """Returns the arguments `name=value` after the role."""
    return dict(argument.split("=", 1) for argument in sys.argv[2:])


def destinations(given):
    """Returns the argument `to=address:port,address:port` as a list of pairs."""
    return [(address, int(port)) for address, port in (text.split(":") for text in given["to"].split(","))]


def filled(number, size):
    if number & SAMPLE:
        return number.to_bytes(4, "little") + bytes(size - 4)
    return number.to_bytes(4, "little") + bytes((number + i) & 255 for i in range(4, size))


def is_intact(data, number):
    return all(data[i] == (number + i) & 255 for i in range(4, len(data)))


def cpu_us():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return (usage.ru_utime + usage.ru_stime) * 1e6


def say(text):
    print(text, flush=True)


class Tally:
    """Count of arrived datagrams."""

    def __init__(self, size):
        self.size = size
        self.next = 0
        self.start()

    def start(self):
        self.received = self.bytes = self.missing = self.misordered = self.corrupted = 0
        self.started_cpu_us = cpu_us()
        self.started_s = time.monotonic()

    def count(self, data):
        """Counts one datagram; returns False when it was END."""
        number = int.from_bytes(data[:4], "little")
        if number != self.next and not self.jump(number):
            return False
        self.next = number + 1  # one port only, so no datagram of the warm-up follows the first counted one
        self.received += 1
        self.bytes += len(data)
        if len(data) != self.size or (not number & SAMPLE and not is_intact(data, number)):
            self.corrupted += 1
        return True

    def jump(self, number):
        if number == END:
            return False
        if number >= MEASURED and self.next < MEASURED:
            self.start()
            self.next = MEASURED
        if number < self.next:
            self.misordered += 1
        else:
            self.missing += number - self.next
        return True

    def report(self):
        say(
            f"result received={self.received} bytes={self.bytes} missing={self.missing} misordered={self.misordered} "
            f"corrupted={self.corrupted} cpuUs={cpu_us() - self.started_cpu_us:.0f} seconds={time.monotonic() - self.started_s:.6f}"
        )


class Sending:
    """Bursts of datagrams: first uncounted, then counted."""

    def __init__(self, given, send, finish):
        self.size = int(given["size"])
        self.to = destinations(given)
        self.send = send
        self.finish = finish
        self.next = 0
        self.measured_s = float(given["seconds"])
        self.phase(0, float(given["warm"]))

    def phase(self, first, seconds):
        self.numbers = [first] * len(self.to)
        self.sent = 0
        self.started_cpu_us = cpu_us()
        self.started_s = time.monotonic()
        self.end_s = self.started_s + seconds

    def burst(self):
        """Sends a burst; returns False when time is up."""
        for _ in range(BURST):
            at = self.next
            self.next = (at + 1) % len(self.to)
            self.send(filled(self.numbers[at], self.size), self.to[at])
            self.numbers[at] += 1
        self.sent += BURST
        if time.monotonic() < self.end_s:
            return True
        if self.numbers[0] < MEASURED:
            self.phase(MEASURED, self.measured_s)
            return True
        say(f"result sent={self.sent} cpuUs={cpu_us() - self.started_cpu_us:.0f} seconds={time.monotonic() - self.started_s:.6f}")
        self.finish()
        return False
