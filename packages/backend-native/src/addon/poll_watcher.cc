#include "poll_watcher.h"

#include <new>

#include "environment.h"

namespace groupcast {

PollWatcher::Owned PollWatcher::open(Environment& environment, int fd, PollListener& listener, int* error) {
  PollWatcher* watcher = new (std::nothrow) PollWatcher(environment, listener);
  if (watcher == nullptr) {
    *error = UV_ENOMEM;
    return nullptr;
  }
  *error = uv_poll_init(environment.loop(), &watcher->handle_, fd);
  if (*error != 0) {
    delete watcher;  // uv_poll_init registers the handle only when it succeeds
    return nullptr;
  }
  watcher->handle_.data = watcher;
  environment.add(*watcher);
  return Owned(watcher);
}

int PollWatcher::start(int events) {
  return uv_poll_start(&handle_, events, [](uv_poll_t* handle, int status, int ready) {
    PollWatcher* watcher = static_cast<PollWatcher*>(handle->data);
    watcher->listener_->polled(status < 0, ready);
  });
}

void PollWatcher::stop() { uv_poll_stop(&handle_); }

void PollWatcher::ref() { uv_ref(reinterpret_cast<uv_handle_t*>(&handle_)); }

void PollWatcher::unref() { uv_unref(reinterpret_cast<uv_handle_t*>(&handle_)); }

void PollWatcher::close() {
  // uv_close stops the poll and takes the descriptor out of the epoll set at once: it may be closed right after.
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_), [](uv_handle_t* handle) {
    PollWatcher* watcher = static_cast<PollWatcher*>(handle->data);
    Environment& environment = watcher->environment_;
    delete watcher;
    environment.handle_freed();
  });
  environment_.remove(*this);
}

}  // namespace groupcast
