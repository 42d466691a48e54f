#include "busy_poll.h"

#include <algorithm>

#include "environment.h"

namespace groupcast {

namespace {

constexpr uint64_t kNsPerUs = 1000;

template <typename Handle>
BusyPoll& owner_of(Handle* handle) {
  return *static_cast<BusyPoll*>(handle->data);
}

template <typename Handle>
uv_handle_t* base_of(Handle* handle) {
  return reinterpret_cast<uv_handle_t*>(handle);
}

}  // namespace

void BusyPoll::watch(PollListener& listener, int spin_us) {
  const auto is_it = [&](const Watched& watched) { return watched.listener == &listener; };
  watched_.erase(std::remove_if(watched_.begin(), watched_.end(), is_it), watched_.end());
  if (spin_us > 0) watched_.push_back({&listener, spin_us});
  int longest_us = 0;
  for (const Watched& watched : watched_) longest_us = std::max(longest_us, watched.spin_us);
  spin_ns_ = uint64_t(longest_us) * kNsPerUs;
  if (watched_.empty()) {
    stop();
  } else {
    start();
  }
}

/** The handles do not keep the process alive: sockets do. */
void BusyPoll::open() {
  uv_prepare_init(environment_.loop(), &prepare_);
  uv_check_init(environment_.loop(), &check_);
  uv_idle_init(environment_.loop(), &idle_);
  prepare_.data = check_.data = idle_.data = this;
  for (uv_handle_t* handle : {base_of(&prepare_), base_of(&check_), base_of(&idle_)}) {
    uv_unref(handle);
    environment_.handle_made();
  }
  is_open_ = true;
}

void BusyPoll::start() {
  if (!is_open_) open();
  uv_prepare_start(&prepare_, [](uv_prepare_t* handle) { owner_of(handle).before_poll(); });
  uv_check_start(&check_, [](uv_check_t* handle) { owner_of(handle).after_poll(); });
}

void BusyPoll::stop() {
  if (!is_open_) return;
  uv_prepare_stop(&prepare_);
  uv_check_stop(&check_);
  uv_idle_stop(&idle_);
  state_ = State::kAwake;
}

void BusyPoll::close() {
  if (!is_open_) return;
  is_open_ = false;
  for (uv_handle_t* handle : {base_of(&prepare_), base_of(&check_), base_of(&idle_)}) {
    uv_close(handle, [](uv_handle_t* closed) { owner_of(closed).environment_.handle_freed(); });
  }
}

void BusyPoll::before_poll() {
  const uint64_t now_ns = uv_hrtime();
  if (state_ == State::kAwake) {
    state_ = State::kSpinning;
    since_ns_ = now_ns;
    uv_idle_start(&idle_, [](uv_idle_t* handle) { owner_of(handle).look(); });
  } else if (now_ns - since_ns_ >= spin_ns_) {
    state_ = State::kAsleep;
    uv_idle_stop(&idle_);
  }
}

void BusyPoll::after_poll() {
  if (state_ == State::kAsleep) state_ = State::kAwake;
}

/** Reads from one listener: a socket with SO_BUSY_POLL asks its device when it is read from, and not when it is polled with others. */
void BusyPoll::look() {
  next_ = (next_ + 1) % watched_.size();
  watched_[next_].listener->polled(false, UV_READABLE);
}

}  // namespace groupcast
