"""Sends metrics with Python's statsd client: statsd_client.py <address> <port> <name>

All in one datagram, as programs do that have many. Prints [] when they have left.
"""
import json
import sys

import statsd

client = statsd.StatsClient(sys.argv[1], int(sys.argv[2]))
name = sys.argv[3]
with client.pipeline() as metrics:
    metrics.incr(name + ".opened", 2)
    metrics.incr(name + ".opened", 3)
    metrics.gauge(name + ".guests", 4)
    metrics.gauge(name + ".guests", 3)
    metrics.timing(name + ".open", 20)
    metrics.timing(name + ".open", 10)
print(json.dumps([]))
