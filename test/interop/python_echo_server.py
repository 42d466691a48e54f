"""Echoes datagrams with Python's socket module: python_echo_server.py <address> <port>.

Prints its port, and ends when its standard input does.
"""
import select
import socket
import sys

address, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM) as server:
    server.bind((address, port))
    print("port", server.getsockname()[1], flush=True)
    while True:
        ready, _, _ = select.select([server, sys.stdin], [], [])
        if sys.stdin in ready:
            break
        data, sender = server.recvfrom(65536)
        server.sendto(data, sender)
