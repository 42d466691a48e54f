"""Sends metrics with Python's statsd client: statsd_client.py <address> <port>

All in one datagram, as programs do that have many. Prints [] when they have left.
"""
import json
import sys

import statsd

client = statsd.StatsClient(sys.argv[1], int(sys.argv[2]))
with client.pipeline() as metrics:
    metrics.incr("door.opened", 2)
    metrics.incr("door.opened", 3)
    metrics.gauge("door.guests", 4)
    metrics.gauge("door.guests", 3)
    metrics.timing("door.open", 10)
    metrics.timing("door.open", 20)
print(json.dumps([]))
