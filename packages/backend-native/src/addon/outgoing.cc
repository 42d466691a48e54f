#include "outgoing.h"

#include <cerrno>

namespace groupcast {

namespace {

constexpr int kMaxSegments = 64;  // UDP_MAX_SEGMENTS of include/linux/udp.h; 128 since Linux 6.9

}  // namespace

/** Number of datagrams from `first` on that can leave as one GSO run: all of one size, but for a shorter last one. */
Outgoing::Part Outgoing::merge(const Datagrams& datagrams, int first, int end, int max_segment_bytes) const {
  const int32_t* offsets = datagrams.offsets;
  const int size = offsets[first + 1] - offsets[first];
  if (size == 0 || size > max_segment_bytes) return {1, 0};  // a run cannot express an empty datagram
  int count = 1;
  int total = size;
  while (count < kMaxSegments && first + count < end) {
    const int next = offsets[first + count + 1] - offsets[first + count];
    if (next == 0 || next > size || total + next > kMaxPayloadBytes) break;
    total += next;
    count++;
    if (next < size) break;
  }
  return {count, count > 1 ? size : 0};
}

void Outgoing::describe(int message, const Datagrams& datagrams, int first, const RunRow& run, int socket_family) {
  const Part& part = parts_[message];
  const int32_t* offsets = datagrams.offsets;
  vectors_[message] = {datagrams.bytes + offsets[first], size_t(offsets[first + part.datagrams] - offsets[first])};
  ControlWriter control(controls_[message]);
  if (run.has_origin != 0) control.packet_origin(run, socket_family);
  if (part.segment_bytes > 0) control.segment_bytes(static_cast<uint16_t>(part.segment_bytes));

  msghdr& header = messages_[message].msg_hdr;
  header = msghdr{};
  header.msg_iov = &vectors_[message];
  header.msg_iovlen = 1;
  if (run.to.family != 0) {
    header.msg_namelen = to_endpoint(run.to, socket_family, &peers_[message]);
    header.msg_name = &peers_[message];
  }
  if (control.length() > 0) {
    header.msg_control = controls_[message];
    header.msg_controllen = control.length();
  }
}

int Outgoing::compose(const Datagrams& datagrams, SendCursor at, const SendRules& rules) {
  int count = 0;
  for (; at.run < datagrams.run_count; at.run++) {
    const RunRow& run = datagrams.runs[at.run];
    const int max_segment_bytes = rules.limits.of(run, rules.now_ms);
    while (at.datagram < run.end) {
      if (count == kMaxMessages) return count;
      parts_[count] = merge(datagrams, at.datagram, run.end, max_segment_bytes);
      if (rules.runs_come_first && count > 0 && parts_[count].segment_bytes > 0) return count;
      describe(count, datagrams, at.datagram, run, rules.socket_family);
      at.datagram += parts_[count].datagrams;
      count++;
    }
  }
  return count;
}

int Outgoing::transmit(int fd, int count) {
  int sent;
  do {
    sent = sendmmsg(fd, messages_, static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

}  // namespace groupcast
