"""Prints the calls of Twisted's interfaces that docs/coming-from-twisted.md explains, as JSON: interface -> names."""
import json

from twisted.internet import interfaces, task

INTERFACES = [
    "IReactorUDP",
    "IReactorMulticast",
    "IReactorTime",
    "IDelayedCall",
    "IReactorCore",
    "IUDPTransport",
    "IMulticastTransport",
]


def public(of):
    return sorted(name for name in dir(of) if not name.startswith("_"))


calls = {name: sorted(getattr(interfaces, name).names(True)) for name in INTERFACES}
calls["task"] = sorted(task.__all__)
calls["LoopingCall"] = public(task.LoopingCall)
calls["Clock"] = public(task.Clock)
print(json.dumps(calls))
