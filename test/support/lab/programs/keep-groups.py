# Runs a program for which setgroups(2) succeeds and changes nothing.
#
# A user namespace that an ordinary user made forbids the call (user_namespaces(7)), and tcpdump(8) makes it when it "drops" to the
# user it runs as, and gives up when it fails. A seccomp(2) filter answers in the kernel's place.
import ctypes, os, platform, struct, sys

SETGROUPS = {"x86_64": 116, "aarch64": 159}[platform.machine()]
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h
SUCCEED, ALLOW = 0x00050000, 0x7FFF0000  # linux/seccomp.h: ERRNO with the number 0, and ALLOW


def instruction(code, jump_if_true, jump_if_false, value):
    return struct.pack("HBBI", code, jump_if_true, jump_if_false, value)


class Program(ctypes.Structure):  # struct sock_fprog, linux/filter.h
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


instructions = [
    instruction(LOAD, 0, 0, 0),  # the number of the call: the first field of struct seccomp_data
    instruction(EQUALS, 0, 1, SETGROUPS),
    instruction(RETURN, 0, 0, SUCCEED),
    instruction(RETURN, 0, 0, ALLOW),
]
libc = ctypes.CDLL(None, use_errno=True)
program = Program(len(instructions), b"".join(instructions))
if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
    sys.exit(f"seccomp: {os.strerror(ctypes.get_errno())}")
os.execvp(sys.argv[1], sys.argv[1:])
