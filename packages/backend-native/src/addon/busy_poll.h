#ifndef GROUPCAST_BUSY_POLL_H_
#define GROUPCAST_BUSY_POLL_H_

#include <uv.h>

#include <cstdint>
#include <vector>

#include "poll_watcher.h"

namespace groupcast {

class Environment;

/**
 * Keeps the loop of an environment awake for a while before it sleeps, because waking up takes longer than all that is done then.
 *
 * The loop itself goes round: an idle handle makes its poll return at once. So timers, other sockets and everything else of the program get
 * their turn in each round. It goes round until `spin_us` have passed since it woke up, or since a listener last read something; then it sleeps
 * as ever. When it has slept, it spins again before it sleeps the next time.
 */
class BusyPoll {
 public:
  explicit BusyPoll(Environment& environment) : environment_(environment) {}

  /** Spins for `listener`, which is looked at in its turn; the longest of all listeners counts. 0: not any more. */
  void watch(PollListener& listener, int spin_us);
  /** Begins anew: a listener has read something, and the next may follow. */
  void extend() { if (state_ == State::kSpinning) state_ = State::kAwake; }
  /** The environment ends: gives the handles back. */
  void close();

 private:
  enum class State { kAwake, kSpinning, kAsleep };

  struct Watched {
    PollListener* listener;
    int spin_us;
  };

  void open();
  void start();
  void stop();
  void before_poll();
  void after_poll();
  void look();

  Environment& environment_;
  std::vector<Watched> watched_;
  size_t next_ = 0;  // to be looked at
  State state_ = State::kAwake;
  uint64_t spin_ns_ = 0;
  uint64_t since_ns_ = 0;  // spinning; the end is not fixed, as listeners come and go meanwhile
  bool is_open_ = false;
  uv_prepare_t prepare_{};
  uv_check_t check_{};
  uv_idle_t idle_{};
};

}  // namespace groupcast

#endif  // GROUPCAST_BUSY_POLL_H_
