#include "socket_options.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "kernel_numbers.h"

namespace groupcast {

namespace {

struct OptionNumber {
  int level;
  int number;
};

enum class Type { kInt, kDropCount };

/**
 * One option. `ipv6` is for IPv6 sockets; `mapped` is its IPv4 half there, for what a dual-stack socket exchanges with IPv4 peers
 * (ipv6(7): "IPv4 and IPv6 share the local port space"; each half keeps its own TTL, traffic class and control messages).
 */
struct OptionRow {
  const char* name;
  OptionNumber ipv4;
  OptionNumber ipv6;
  OptionNumber mapped;
  Type type = Type::kInt;
};

constexpr OptionNumber kNone = {-1, -1};
constexpr size_t kMaxInstructions = 256;  // the longest program has some 150
constexpr size_t kInstructionWords = 4;
constexpr int kMemoryInfoDrops = 8;   // SK_MEMINFO_DROPS of linux/sock_diag.h
constexpr int kMemoryInfoCount = 16;  // SK_MEMINFO_VARS is 9; room for more

constexpr OptionRow both(const char* name, int level, int number, Type type = Type::kInt) {
  return {name, {level, number}, {level, number}, kNone, type};
}

constexpr OptionRow pair(const char* name, int ipv4, int ipv6) {
  return {name, {IPPROTO_IP, ipv4}, {IPPROTO_IPV6, ipv6}, {IPPROTO_IP, ipv4}};
}

constexpr OptionRow kOptions[] = {
    both("reuseAddress", SOL_SOCKET, SO_REUSEADDR),
    both("reusePort", SOL_SOCKET, SO_REUSEPORT),
    {"ipv6Only", kNone, {IPPROTO_IPV6, IPV6_V6ONLY}, kNone},
    both("bindToInterface", SOL_SOCKET, SO_BINDTOIFINDEX),
    both("receiveBufferBytes", SOL_SOCKET, SO_RCVBUF),
    both("sendBufferBytes", SOL_SOCKET, SO_SNDBUF),
    both("broadcast", SOL_SOCKET, SO_BROADCAST),
    pair("unicastTtl", IP_TTL, IPV6_UNICAST_HOPS),
    pair("trafficClass", IP_TOS, IPV6_TCLASS),
    pair("multicastTtl", IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS),
    pair("multicastLoopback", IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP),
    pair("multicastAll", IP_MULTICAST_ALL, IPV6_MULTICAST_ALL),
    // One IPv6 flag serves both halves: ip6_datagram_recv_common_ctl of net/ipv6/datagram.c maps the IPv4 destination.
    {"receivePacketInfo", {IPPROTO_IP, IP_PKTINFO}, {IPPROTO_IPV6, IPV6_RECVPKTINFO}, kNone},
    pair("receiveTtl", IP_RECVTTL, IPV6_RECVHOPLIMIT),
    both("receiveTimestamp", SOL_SOCKET, SO_TIMESTAMPNS),
    both("receiveDropCount", SOL_SOCKET, SO_RXQ_OVFL),
    pair("receiveErrors", IP_RECVERR, IPV6_RECVERR),
    both("receiveOffload", SOL_UDP, UDP_GRO),
    both("busyPollUs", SOL_SOCKET, SO_BUSY_POLL),
    both("kernelDrops", SOL_SOCKET, SO_MEMINFO, Type::kDropCount),
};

constexpr int kOptionCount = sizeof kOptions / sizeof kOptions[0];

const OptionRow* find(const char* name) {
  for (const OptionRow& row : kOptions) {
    if (strcmp(row.name, name) == 0) return &row;
  }
  return nullptr;
}

int set_number(int fd, OptionNumber option, int value) {
  return setsockopt(fd, option.level, option.number, &value, sizeof value) == 0 ? 0 : -errno;
}

int get_number(int fd, OptionNumber option) {
  int value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd, option.level, option.number, &value, &length) != 0) return -errno;
  return value;
}

int get_drop_count(int fd, OptionNumber option) {
  uint32_t counters[kMemoryInfoCount] = {};
  socklen_t length = sizeof counters;
  if (getsockopt(fd, option.level, option.number, counters, &length) != 0) return -errno;
  if (length <= kMemoryInfoDrops * sizeof counters[0]) return -ENOPROTOOPT;
  return static_cast<int>(counters[kMemoryInfoDrops] & INT32_MAX);  // an Outcome has no room for the top bit
}

}  // namespace

int set_socket_option(int fd, int socket_family, const char* name, int value) {
  const OptionRow* row = find(name);
  if (row == nullptr || row->type != Type::kInt) return -ENOPROTOOPT;
  const OptionNumber option = socket_family == AF_INET ? row->ipv4 : row->ipv6;
  if (option.level < 0) return -ENOPROTOOPT;
  const int outcome = set_number(fd, option, value);
  if (outcome != 0 || socket_family == AF_INET || row->mapped.level < 0) return outcome;
  return set_number(fd, row->mapped, value);
}

int get_socket_option(int fd, int socket_family, const char* name) {
  const OptionRow* row = find(name);
  if (row == nullptr) return -ENOPROTOOPT;
  const OptionNumber option = socket_family == AF_INET ? row->ipv4 : row->ipv6;
  if (option.level < 0) return -ENOPROTOOPT;
  return row->type == Type::kDropCount ? get_drop_count(fd, option) : get_number(fd, option);
}

/** The kernel checks the program itself: bpf_check_classic of net/core/filter.c. */
int steer_sockets(int fd, const uint32_t* words, size_t word_count) {
  sock_filter instructions[kMaxInstructions];
  const size_t count = word_count / kInstructionWords;
  if (count == 0 || count > kMaxInstructions) return -EINVAL;
  for (size_t i = 0; i < count; i++, words += kInstructionWords) {
    instructions[i] = {uint16_t(words[0]), uint8_t(words[1]), uint8_t(words[2]), words[3]};
  }
  const sock_fprog program = {static_cast<unsigned short>(count), instructions};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0 ? 0 : -errno;
}

const char* const* socket_option_names() {
  static const char* const* const kNames = [] {
    static const char* names[kOptionCount + 1] = {};
    for (int i = 0; i < kOptionCount; i++) names[i] = kOptions[i].name;
    return names;
  }();
  return kNames;
}

int bound_interface(int fd) {
  const int index = get_number(fd, {SOL_SOCKET, SO_BINDTOIFINDEX});
  return index > 0 ? index : 0;
}

bool receives_offloaded(int fd) { return get_number(fd, {SOL_UDP, UDP_GRO}) > 0; }

}  // namespace groupcast
