#ifndef GROUPCAST_POLL_WATCHER_H_
#define GROUPCAST_POLL_WATCHER_H_

#include <uv.h>

#include <memory>

namespace groupcast {

class Environment;

/** Reacts to a descriptor that is ready. */
class PollListener {
 public:
  /** `events` are uv_poll_event; `failed` says that the socket has an error to read, and then the watcher has been stopped. */
  virtual void polled(bool failed, int events) = 0;
  /** The environment ends: close every descriptor, call no JavaScript. */
  virtual void environment_ends() = 0;

 protected:
  ~PollListener() = default;
};

/**
 * One uv_poll_t. libuv needs its memory until the close callback, which comes after its owner is gone, so it owns itself from
 * close() on. The environment counts watchers and waits for them when it ends.
 */
class PollWatcher {
 public:
  struct Closer {
    void operator()(PollWatcher* watcher) const { watcher->close(); }
  };
  using Owned = std::unique_ptr<PollWatcher, Closer>;

  /** Returns nothing and sets `error` (negative errno) when libuv refuses the descriptor. */
  static Owned open(Environment& environment, int fd, PollListener& listener, int* error);

  int start(int events);  // 0 or negative errno
  void stop();
  void ref();
  void unref();

  PollListener& listener() { return *listener_; }

  PollWatcher* next = nullptr;  // the environment's list
  PollWatcher* previous = nullptr;

 private:
  PollWatcher(Environment& environment, PollListener& listener) : environment_(environment), listener_(&listener) {}
  ~PollWatcher() = default;
  void close();

  Environment& environment_;
  PollListener* listener_;
  uv_poll_t handle_{};
};

}  // namespace groupcast

#endif  // GROUPCAST_POLL_WATCHER_H_
