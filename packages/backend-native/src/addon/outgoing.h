#ifndef GROUPCAST_OUTGOING_H_
#define GROUPCAST_OUTGOING_H_

#include <sys/socket.h>

#include "batch_layout.h"
#include "control_messages.h"
#include "endpoint.h"
#include "segment_limits.h"

namespace groupcast {

/** The longest payload of UDP over IPv4, and the most that one GSO send may carry. */
constexpr int kMaxPayloadBytes = 65507;

/** A SendBatch as it lies in memory: datagram `i` is bytes[offsets[i]] … bytes[offsets[i + 1] - 1]. */
struct Datagrams {
  uint8_t* bytes;
  const int32_t* offsets;
  const RunRow* runs;
  int run_count;
};

/** Limits and options that messages are made by. */
struct SendRules {
  int socket_family;
  const SegmentLimits& limits;
  uint64_t now_ms;
  bool runs_come_first;  // a run starts a sendmmsg(2): the errno of a later message is lost, and it must not be tried again to see it
};

/** Position in a SendBatch at which sending goes on. */
struct SendCursor {
  int run = 0;
  int datagram = 0;
};

/** Messages for one sendmmsg(2). Equal-sized datagrams to one peer become one message with UDP_SEGMENT (GSO). */
class Outgoing {
 public:
  /** Describes datagrams from `at` on; returns how many messages they make, at most kMaxMessages. */
  int compose(const Datagrams& datagrams, SendCursor at, const SendRules& rules);
  /** Sends the first `count` messages; returns how many the kernel took, or a negative errno when it refused the first. */
  int transmit(int fd, int count);

  int datagrams_in(int message) const { return parts_[message].datagrams; }
  /** Size of the datagrams that `message` merges; 0 when it is a single one. */
  int segment_bytes_of(int message) const { return parts_[message].segment_bytes; }

 private:
  static constexpr int kMaxMessages = 64;

  struct Part {
    int datagrams;
    int segment_bytes;
  };

  Part merge(const Datagrams& datagrams, int first, int end, int max_segment_bytes) const;
  void describe(int message, const Datagrams& datagrams, int first, const RunRow& run, int socket_family);

  mmsghdr messages_[kMaxMessages];
  iovec vectors_[kMaxMessages];
  Part parts_[kMaxMessages];
  Endpoint peers_[kMaxMessages];
  alignas(cmsghdr) uint8_t controls_[kMaxMessages][kSendControlBytes];
};

}  // namespace groupcast

#endif  // GROUPCAST_OUTGOING_H_
