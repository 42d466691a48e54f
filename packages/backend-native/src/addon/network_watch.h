#ifndef GROUPCAST_NETWORK_WATCH_H_
#define GROUPCAST_NETWORK_WATCH_H_

#include <node_api.h>

#include <memory>

#include "environment.h"
#include "file_descriptor.h"
#include "poll_watcher.h"

namespace groupcast {

/** Watches interfaces and addresses that come, go and change (rtnetlink(7)), without keeping the process alive. */
class NetworkWatch final : public PollListener {
 public:
  /** Starts to call the `changed` callback, at most once per turn of the loop, with the indices of interfaces that were deleted. Nothing, with `error` set, when the OS refuses. */
  static std::unique_ptr<NetworkWatch> open(Environment& environment, int* error);

  void polled(bool failed, int events) override;
  void environment_ends() override;

 private:
  NetworkWatch(Environment& environment, FileDescriptor netlink) : environment_(environment), netlink_(std::move(netlink)) {}
  struct Deleted;
  bool drain(Deleted* deleted);

  Environment& environment_;
  FileDescriptor netlink_;
  PollWatcher::Owned watcher_;
  friend struct std::default_delete<NetworkWatch>;
};

}  // namespace groupcast

#endif  // GROUPCAST_NETWORK_WATCH_H_
