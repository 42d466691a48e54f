#include "incoming.h"

#include <algorithm>
#include <cerrno>

namespace groupcast {

namespace {

int divide_up(int amount, int by) { return static_cast<int>((int64_t{amount} + by - 1) / by); }

}  // namespace

/** Readies every slot; of those that are ready for this slab and size already, only the ones that the last read has filled. */
void Incoming::prepare(uint8_t* slab, int slot_bytes) {
  const bool is_ready = slab == prepared_slab_ && slot_bytes == prepared_bytes_;
  const int count = is_ready ? filled_ : kSlots;
  prepared_slab_ = slab;
  prepared_bytes_ = slot_bytes;
  for (int slot = 0; slot < count; slot++) {
    vectors_[slot] = {slab + size_t(slot) * kSlotBytes, size_t(slot_bytes)};
    msghdr& message = messages_[slot].msg_hdr;
    message.msg_name = &senders_[slot];
    message.msg_namelen = sizeof senders_[slot];
    message.msg_iov = &vectors_[slot];
    message.msg_iovlen = 1;
    message.msg_control = controls_[slot];
    message.msg_controllen = sizeof controls_[slot];
    message.msg_flags = 0;
  }
}

int Incoming::receive(int fd, int first, int count) {
  int received;
  do {
    received = recvmmsg(fd, &messages_[first], static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
  } while (received < 0 && errno == EINTR);
  return received < 0 ? -errno : received;
}

void Incoming::describe(int slot) {
  SlotRow* row = &slots_[slot];
  row->from = to_words(senders_[slot]);
  segment_bytes_[slot] = read_control(messages_[slot].msg_hdr, row);
}

int Incoming::fill(int fd, uint8_t* slab, const ReadLimits& limits, bool offload, ReadPace* pace, int* error) {
  // A GRO run is received whole and cut afterwards; a single datagram that is too long is cut by the kernel (MSG_TRUNC).
  const int slot_bytes = offload ? kSlotBytes : std::min(limits.max_packet_bytes, kSlotBytes);
  int datagrams = 0;
  int bytes = 0;
  prepare(slab, slot_bytes);
  filled_ = next_slot_ = next_offset_ = 0;
  *error = 0;
  while (filled_ < kSlots && datagrams < limits.max_datagrams && bytes < limits.max_bytes) {
    const int wanted = std::min({kSlots - filled_, divide_up(limits.max_datagrams - datagrams, pace->slot_datagrams),
                                 divide_up(limits.max_bytes - bytes, pace->slot_bytes)});
    const int received = receive(fd, filled_, wanted);
    if (received <= 0) {
      if (received != -EAGAIN) *error = received;
      break;
    }
    *pace = {1, 1};
    for (int slot = filled_; slot < filled_ + received; slot++) {
      describe(slot);
      const int length = static_cast<int>(messages_[slot].msg_len);
      const int segments = segment_bytes_[slot] > 0 ? std::max(1, divide_up(length, segment_bytes_[slot])) : 1;
      bytes += length;
      datagrams += segments;
      pace->slot_bytes = std::max(pace->slot_bytes, length);
      pace->slot_datagrams = std::max(pace->slot_datagrams, segments);
    }
    filled_ += received;
    if (received < wanted) break;
  }
  return filled_;
}

int Incoming::split(int max_packet_bytes) {
  int count = 0;
  while (next_slot_ < filled_ && count < kMaxEntries) {
    const int slot_length = static_cast<int>(messages_[next_slot_].msg_len);
    const int whole = slot_length - next_offset_;
    const int length = segment_bytes_[next_slot_] > 0 ? std::min(segment_bytes_[next_slot_], whole) : whole;
    const bool cut = length > max_packet_bytes || (messages_[next_slot_].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    entries_[count++] = {next_slot_ * kSlotBytes + next_offset_, std::min(length, max_packet_bytes), next_slot_, cut, -1};
    next_offset_ += length;
    if (next_offset_ < slot_length) continue;
    next_slot_++;
    next_offset_ = 0;
  }
  return count;
}

}  // namespace groupcast
