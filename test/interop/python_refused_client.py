"""Writes to a server until it hears that nobody listens there: python_refused_client.py <address> <port>.

Prints what came back first, then waits for a line on its standard input, writes again, and prints the name of the error.
"""
import errno
import socket
import sys

PATIENCE_S = 10

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(PATIENCE_S)
    client.connect((sys.argv[1], int(sys.argv[2])))
    client.send(b"hello")
    print("answer", client.recv(65536).decode(), flush=True)
    sys.stdin.readline()
    client.send(b"hello")
    try:
        client.recv(65536)
    except OSError as error:
        print("error", errno.errorcode.get(error.errno, error), flush=True)
