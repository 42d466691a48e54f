#ifndef GROUPCAST_SEGMENT_LIMITS_H_
#define GROUPCAST_SEGMENT_LIMITS_H_

#include <cstdint>

#include "batch_layout.h"

namespace groupcast {

/**
 * Remembers, for the paths of one socket, which sizes of datagrams were refused with UDP_SEGMENT: those leave one by one. Limits of a path
 * end after a minute, since MTUs grow again, and a path that is forgotten costs one refused call more.
 */
class SegmentLimits {
 public:
  /** Returns the longest datagram that may leave in a run on the path of `run`. */
  int of(const RunRow& run, uint64_t now_ms) const;
  /** From `now_ms` on, datagrams longer than `bytes` leave one by one on the path of `run`. */
  void lower(const RunRow& run, int bytes, uint64_t now_ms);
  /** Forgets every path: a connected socket has another peer now. */
  void clear() { count_ = 0; }

 private:
  static constexpr int kMaxPaths = 16;

  struct Path {
    AddressWords to;  // its port does not matter
    int32_t interface_index;
    int bytes;
    uint64_t until_ms;
  };

  static bool is_path_of(const Path& path, const RunRow& run);

  Path paths_[kMaxPaths];
  int count_ = 0;
  int oldest_ = 0;  // which one makes room when all are taken
};

}  // namespace groupcast

#endif  // GROUPCAST_SEGMENT_LIMITS_H_
