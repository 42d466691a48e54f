#include "segment_limits.h"

#include <algorithm>
#include <cstring>

#include "outgoing.h"

namespace groupcast {

namespace {

constexpr uint64_t kLifeMs = 60'000;

int interface_of(const RunRow& run) { return run.has_origin != 0 ? run.interface_index : 0; }

}  // namespace

bool SegmentLimits::is_path_of(const Path& path, const RunRow& run) {
  return path.interface_index == interface_of(run) && path.to.family == run.to.family && path.to.scope == run.to.scope &&
         memcmp(path.to.words, run.to.words, sizeof path.to.words) == 0;
}

int SegmentLimits::of(const RunRow& run, uint64_t now_ms) const {
  for (int i = 0; i < count_; i++) {
    if (now_ms < paths_[i].until_ms && is_path_of(paths_[i], run)) return paths_[i].bytes;
  }
  return kMaxPayloadBytes;
}

void SegmentLimits::lower(const RunRow& run, int bytes, uint64_t now_ms) {
  Path* path = std::find_if(paths_, paths_ + count_, [&run](const Path& known) { return is_path_of(known, run); });
  if (path == paths_ + count_) {
    if (count_ < kMaxPaths) {
      count_++;
    } else {
      path = &paths_[oldest_];
      oldest_ = (oldest_ + 1) % kMaxPaths;
    }
  }
  *path = {run.to, interface_of(run), bytes, now_ms + kLifeMs};
}

}  // namespace groupcast
