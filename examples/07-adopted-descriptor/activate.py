"""Opens a UDP port and becomes a program that is passed it, as systemd does: activate.py <port> <command> …"""
import os
import socket
import sys

PASSED = 3  # SD_LISTEN_FDS_START in sd_listen_fds(3)

opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
opened.bind(("127.0.0.1", int(sys.argv[1])))
if opened.fileno() != PASSED:
    os.dup2(opened.fileno(), PASSED)
os.set_inheritable(PASSED, True)

os.environ["LISTEN_FDS"] = "1"
os.environ["LISTEN_PID"] = str(os.getpid())  # exec keeps the number
os.execvp(sys.argv[2], sys.argv[2:])
