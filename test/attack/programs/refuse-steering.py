"""Runs a program in which the kernel refuses SO_ATTACH_REUSEPORT_CBPF: refuse-steering.py <errno> <command> [<argument> ...]

A filter of seccomp(2) answers setsockopt(2) with the errno, as the profiles of containers do.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

SO_ATTACH_REUSEPORT_CBPF = 51
CALLS = {"x86_64": (0xC000003E, 54), "aarch64": (0xC00000B7, 208)}  # AUDIT_ARCH_..., __NR_setsockopt
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 22, 38
SECCOMP_MODE_FILTER = 2
RET_ALLOW, RET_ERRNO = 0x7FFF0000, 0x00050000
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, ARCHITECTURE, OPTION = 0, 4, 16 + 2 * 8  # offsets in struct seccomp_data; the option is the third argument

architecture, call = CALLS[platform.machine()]
program = [
    (LOAD, 0, 0, ARCHITECTURE),
    (JUMP_IF_EQUAL, 0, 5, architecture),
    (LOAD, 0, 0, NUMBER),
    (JUMP_IF_EQUAL, 0, 3, call),
    (LOAD, 0, 0, OPTION),
    (JUMP_IF_EQUAL, 0, 1, SO_ATTACH_REUSEPORT_CBPF),
    (RETURN, 0, 0, RET_ERRNO | getattr(errno, sys.argv[1])),
    (RETURN, 0, 0, RET_ALLOW),
]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in program))


class Filter(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]


libc = ctypes.CDLL(None, use_errno=True)
for arguments in (
    (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
    (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Filter(len(program), ctypes.cast(code, ctypes.c_void_p))), 0, 0),
):
    if libc.prctl(*arguments) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
os.execvp(sys.argv[2], sys.argv[2:])
