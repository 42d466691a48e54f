#ifndef GROUPCAST_INCOMING_H_
#define GROUPCAST_INCOMING_H_

#include <sys/socket.h>

#include "batch_layout.h"
#include "control_messages.h"
#include "endpoint.h"

namespace groupcast {

/** Limits of what one wake-up may deliver; as in the waist. */
struct ReadLimits {
  int max_packet_bytes;
  int max_datagrams;
  int max_bytes;
};

/** Content of one slot when a socket was read last, which says how many slots the next read may ask for without passing its limits. */
struct ReadPace {
  int slot_bytes = 2048;
  int slot_datagrams = 1;
};

/** Receives datagrams into the slab and describes them in the shared tables. One per environment: a batch is used up at once. */
class Incoming {
 public:
  Incoming(SlotRow* slots, EntryRow* entries) : slots_(slots), entries_(entries) {}

  /**
   * Fills slots of `slab` until `fd` is dry or the limits are reached; returns how many. `error` becomes the negative errno that
   * ended it, 0 for none: the kernel reports each error once, so it must not be dropped because datagrams came first.
   */
  int fill(int fd, uint8_t* slab, const ReadLimits& limits, bool offload, ReadPace* pace, int* error);

  /** Describes the next datagrams of the filled slots in the entry table; returns how many, 0 at the end. */
  int split(int max_packet_bytes);

 private:
  void prepare(uint8_t* slab, int slot_bytes);
  int receive(int fd, int first, int count);
  void describe(int slot);

  SlotRow* slots_;
  EntryRow* entries_;
  int filled_ = 0;
  int next_slot_ = 0;   // where split() goes on
  int next_offset_ = 0;
  uint8_t* prepared_slab_ = nullptr;  // what the slots were prepared for
  int prepared_bytes_ = 0;

  mmsghdr messages_[kSlots];
  iovec vectors_[kSlots];
  Endpoint senders_[kSlots];
  int segment_bytes_[kSlots];
  alignas(cmsghdr) uint8_t controls_[kSlots][kReceiveControlBytes];
};

}  // namespace groupcast

#endif  // GROUPCAST_INCOMING_H_
