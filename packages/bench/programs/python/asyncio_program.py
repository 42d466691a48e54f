"""asyncio as its documentation shows it; on uvloop when the environment says LOOP=uvloop."""

import asyncio
import os
import socket
import sys

from datagram import Sending, Tally, cpu_us, destinations, options, say


class Receiver(asyncio.DatagramProtocol):
    def __init__(self, tally, ended):
        self.tally = tally
        self.ended = ended

    def datagram_received(self, data, addr):
        if not self.tally.count(data) and not self.ended.done():
            self.ended.set_result(None)


class Echo(asyncio.DatagramProtocol):
    def __init__(self, tally, ended):
        self.tally = tally
        self.ended = ended

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        if self.tally.count(data):
            self.transport.sendto(data, addr)
        elif not self.ended.done():
            self.ended.set_result(None)


async def serve(protocol, given):
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    tally = Tally(int(given["size"]))
    transport, _ = await loop.create_datagram_endpoint(lambda: protocol(tally, ended), local_addr=("127.0.0.1", 0))
    say(f"ready {transport.get_extra_info('sockname')[1]}")
    await ended
    tally.report()


async def send(given):
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    to = destinations(given)
    is_group = to[0][0].startswith("239.")
    peer = to[0] if len(to) == 1 and not is_group else None
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("0.0.0.0", 0), remote_addr=peer)
    if is_group:
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    if peer is None:
        send_one = transport.sendto
    else:
        send_one = lambda data, _: transport.sendto(data)
    say("ready")
    sending = Sending(given, send_one, lambda: ended.set_result(None))

    def burst():
        if sending.burst():
            loop.call_soon(burst)

    burst()
    await ended


async def timers(given):
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    count = int(given["count"])
    started_cpu_us = cpu_us()
    fired = 0

    def fire():
        nonlocal fired
        fired += 1
        if fired == count:
            say(f"result fired={fired} cpuUs={cpu_us() - started_cpu_us:.0f}")
            ended.set_result(None)

    for i in range(count):
        loop.call_later((1 + i % 1000) / 1000, fire)
    await ended


def main():
    if os.environ.get("LOOP") == "uvloop":
        import uvloop

        uvloop.install()
    role, given = sys.argv[1], options()
    asyncio.run({"receive": lambda: serve(Receiver, given), "echo": lambda: serve(Echo, given), "send": lambda: send(given), "timers": lambda: timers(given)}[role]())


main()
