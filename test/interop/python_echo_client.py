"""Asks an echo server with Python's socket module: python_echo_client.py <address> <port> <size>…

Sends one datagram of each size, the next when the one before has come back, and compares every byte. Prints the sizes that came back
unchanged, as JSON.
"""
import json
import os
import socket
import sys

PATIENCE_S = 10

address, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
echoed = []
with socket.socket(family, socket.SOCK_DGRAM) as client:
    client.settimeout(PATIENCE_S)
    client.connect((address, port))
    for size in map(int, sys.argv[3:]):
        question = os.urandom(size)
        client.send(question)
        if client.recv(65536) == question:
            echoed.append(size)
print(json.dumps(echoed))
