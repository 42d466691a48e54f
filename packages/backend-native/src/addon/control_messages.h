#ifndef GROUPCAST_CONTROL_MESSAGES_H_
#define GROUPCAST_CONTROL_MESSAGES_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include "batch_layout.h"

namespace groupcast {

/** Bytes that the options of the table can add to one datagram (144 bytes over IPv6), and as much again for an adopted socket's own. */
constexpr size_t kReceiveControlBytes = 320;

/** IPV6_PKTINFO and UDP_SEGMENT. */
constexpr size_t kSendControlBytes = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t));

/** Copies the control data of `message` into `row`; returns the segment size of a GRO run, 0 when the slot is one datagram. */
int read_control(msghdr& message, SlotRow* row);

/** Writes the control messages of one datagram, or of one GSO run, into `buffer` and returns their length. */
class ControlWriter {
 public:
  explicit ControlWriter(uint8_t* buffer) : buffer_(buffer) {}
  void packet_origin(const RunRow& run, int socket_family);
  void segment_bytes(uint16_t bytes);
  size_t length() const { return length_; }

 private:
  void put(int level, int type, const void* value, size_t bytes);

  uint8_t* buffer_;
  size_t length_ = 0;
};

}  // namespace groupcast

#endif  // GROUPCAST_CONTROL_MESSAGES_H_
