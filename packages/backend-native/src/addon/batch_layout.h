#ifndef GROUPCAST_BATCH_LAYOUT_H_
#define GROUPCAST_BATCH_LAYOUT_H_

#include <cstdint>

/**
 * The memory that C++ and TypeScript share. `batch-layout.ts` says the same in TypeScript; a change of either needs a new
 * kLayoutVersion in both, which the loader compares.
 */
namespace groupcast {

constexpr int32_t kLayoutVersion = 4;

constexpr int kSlots = 64;           // datagrams (with UDP_GRO: runs of datagrams) that one recvmmsg(2) may fill
constexpr int kSlotBytes = 65536;    // holds the longest UDP payload, 65,527 bytes over IPv6, and the longest GRO run
constexpr int kMaxEntries = 8192;    // 64 slots of 128 segments, the most that Linux puts into one run (UDP_MAX_SEGMENTS)
constexpr int kMaxRuns = 64;         // runs of datagrams to one peer that one send call may describe

/** An address in shared memory. `words` are in network order and mean nothing to TypeScript. */
struct AddressWords {
  int32_t family;  // 4, 6, or 0 for none
  int32_t port;
  int32_t words[4];
  int32_t scope;  // interface index, for addresses that need one
};

/** Bits of SlotRow::known: which control messages came with a slot. */
enum Known : int32_t { kKnownDestination = 1, kKnownTtl = 2, kKnownTimestamp = 4, kKnownDrops = 8 };

/** Everything known about one slot, and so about each datagram in it. */
struct SlotRow {
  AddressWords from;
  int32_t known;
  int32_t interface_index;
  AddressWords destination;
  int32_t ttl;
  int32_t drops;
  int64_t timestamp_ns;
};

/** One received datagram. */
struct EntryRow {
  int32_t offset;  // in the slab
  int32_t length;
  int32_t slot;
  int32_t truncated;
  int32_t copied_at;  // in the chunk of the last gather(); -1 while it is not there
};

/** Datagrams `first` … `end - 1` of a SendBatch: all go to one peer by one way. */
struct RunRow {
  int32_t first;
  int32_t end;
  AddressWords to;  // family 0: the connected peer
  int32_t has_origin;
  int32_t interface_index;
  AddressWords source;  // family 0: as the kernel chooses
};

/** Datagrams that the kernel has refused at once, after those that it took; 0: none that must not be sent again. */
struct SendRefusal {
  int32_t datagrams;
  int32_t error;
};

static_assert(sizeof(AddressWords) == 7 * 4, "batch-layout.ts counts on it");
static_assert(sizeof(SlotRow) == 20 * 4, "batch-layout.ts counts on it");
static_assert(sizeof(EntryRow) == 5 * 4, "batch-layout.ts counts on it");
static_assert(sizeof(RunRow) == 18 * 4, "batch-layout.ts counts on it");

}  // namespace groupcast

#endif  // GROUPCAST_BATCH_LAYOUT_H_
