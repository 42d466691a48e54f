#include "control_messages.h"

#include <cstring>
#include <ctime>

#include "endpoint.h"
#include "kernel_numbers.h"

namespace groupcast {

namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

template <typename T>
T value_of(const cmsghdr* control) {
  T value;
  memcpy(&value, CMSG_DATA(control), sizeof value);  // control data need not be aligned for T
  return value;
}

void read_socket_level(const cmsghdr* control, SlotRow* row) {
  if (control->cmsg_type == SO_TIMESTAMPNS) {
    timespec at = value_of<timespec>(control);
    row->timestamp_ns = at.tv_sec * kNanosecondsPerSecond + at.tv_nsec;
    row->known |= kKnownTimestamp;
  } else if (control->cmsg_type == SO_RXQ_OVFL) {
    row->drops = value_of<int32_t>(control);
    row->known |= kKnownDrops;
  }
}

void read_ipv4_level(const cmsghdr* control, SlotRow* row) {
  if (control->cmsg_type == IP_PKTINFO) {
    in_pktinfo packet = value_of<in_pktinfo>(control);
    row->destination = to_words(packet.ipi_addr);  // the header's; ipi_spec_dst would be the local address: ip(7)
    row->interface_index = packet.ipi_ifindex;
    row->known |= kKnownDestination;
  } else if (control->cmsg_type == IP_TTL) {
    row->ttl = value_of<int32_t>(control);
    row->known |= kKnownTtl;
  }
}

void read_ipv6_level(const cmsghdr* control, SlotRow* row) {
  if (control->cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo packet = value_of<in6_pktinfo>(control);
    row->destination = to_words(packet.ipi6_addr);
    row->interface_index = static_cast<int32_t>(packet.ipi6_ifindex);
    row->known |= kKnownDestination;
  } else if (control->cmsg_type == IPV6_HOPLIMIT) {
    row->ttl = value_of<int32_t>(control);
    row->known |= kKnownTtl;
  }
}

}  // namespace

int read_control(msghdr& message, SlotRow* row) {
  int segment_bytes = 0;
  row->known = 0;
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    switch (control->cmsg_level) {
      case SOL_SOCKET: read_socket_level(control, row); break;
      case IPPROTO_IP: read_ipv4_level(control, row); break;
      case IPPROTO_IPV6: read_ipv6_level(control, row); break;
      case SOL_UDP:
        if (control->cmsg_type == UDP_GRO) segment_bytes = value_of<int>(control);
        break;
      default: break;
    }
  }
  return segment_bytes;
}

void ControlWriter::put(int level, int type, const void* value, size_t bytes) {
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(bytes);
  header.cmsg_level = level;
  header.cmsg_type = type;
  memset(buffer_ + length_, 0, CMSG_SPACE(bytes));
  memcpy(buffer_ + length_, &header, sizeof header);
  memcpy(buffer_ + length_ + CMSG_LEN(0), value, bytes);
  length_ += CMSG_SPACE(bytes);
}

void ControlWriter::packet_origin(const RunRow& run, int socket_family) {
  if (socket_family == AF_INET) {
    in_pktinfo packet{};
    packet.ipi_ifindex = run.interface_index;
    if (run.source.family == 4) packet.ipi_spec_dst = to_in_addr(run.source);
    put(IPPROTO_IP, IP_PKTINFO, &packet, sizeof packet);
    return;
  }
  in6_pktinfo packet{};
  packet.ipi6_ifindex = static_cast<uint32_t>(run.interface_index);
  if (run.source.family != 0) packet.ipi6_addr = to_in6_addr(run.source);
  put(IPPROTO_IPV6, IPV6_PKTINFO, &packet, sizeof packet);
}

void ControlWriter::segment_bytes(uint16_t bytes) { put(SOL_UDP, UDP_SEGMENT, &bytes, sizeof bytes); }

}  // namespace groupcast
