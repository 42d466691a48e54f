#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "datagram_socket.h"

namespace groupcast {

namespace {

class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) { napi_open_handle_scope(env, &scope_); }
  ~HandleScope() { napi_close_handle_scope(env_, scope_); }
  HandleScope(const HandleScope&) = delete;
  HandleScope& operator=(const HandleScope&) = delete;

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

napi_value number(napi_env env, int value) {
  napi_value result = nullptr;
  napi_create_int32(env, value, &result);
  return result;
}

}  // namespace

/**
 * UV_PRIORITIZED stands for "errors only": epoll reports them unasked, a UDP socket has no urgent data, and a watcher without
 * any event would not keep the process alive. `stopped`: libuv has stopped the watcher, so it must be started in any case.
 */
void DatagramSocket::update_polling(bool stopped) {
  int events = UV_PRIORITIZED;
  if (reading_) events |= UV_READABLE;
  if (awaits_writable_ || !failures_.empty()) events |= UV_WRITABLE;
  if (watcher_ == nullptr || is_hung_up_ || (events == polled_events_ && !stopped)) return;
  polled_events_ = events;
  watcher_->start(events);
}

int DatagramSocket::ready_events() const {
  pollfd descriptor = {fd_.get(), POLLIN | POLLOUT, 0};
  if (poll(&descriptor, 1, 0) <= 0) return 0;
  return ((descriptor.revents & POLLIN) != 0 ? UV_READABLE : 0) | ((descriptor.revents & POLLOUT) != 0 ? UV_WRITABLE : 0);
}

void DatagramSocket::polled(bool failed, int events) {
  HandleScope scope(environment_.env());
  napi_value owner = nullptr;
  if (napi_get_reference_value(environment_.env(), owner_, &owner) != napi_ok || owner == nullptr) return;
  is_called_back_ = true;
  react(owner, failed, events);
  is_called_back_ = false;
  if (!fd_.valid()) drop_context();  // close() was called in the middle of a callback that used it
}

void DatagramSocket::react(napi_value owner, bool failed, int events) {
  if (failed || (events & UV_PRIORITIZED) != 0) read_errors();
  report_failures(owner);
  if (!fd_.valid()) return;
  update_polling(failed);
  if (failed) events = ready_events();
  if ((events & UV_WRITABLE) != 0 && awaits_writable_) {
    awaits_writable_ = false;
    update_polling();
    environment_.call(kWritable, owner, context_, 0, nullptr);
  }
  if ((events & UV_READABLE) != 0 && reading_) read(owner);
}

/** Takes what made the poll fail: entries of the error queue, or else the one error of a connected socket. */
void DatagramSocket::read_errors() {
  if (drain_error_queue(fd_.get(), &failures_) > 0) return;
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error == 0) {
    notice_shutdown();
    return;
  }
  AddressWords peer{};
  peer_address(&peer);
  failures_.push_back({-error, peer});
}

void DatagramSocket::report_failures(napi_value owner) {
  const std::vector<LateFailure> failures = std::exchange(failures_, {});
  for (const LateFailure& failure : failures) {
    if (!fd_.valid()) return;
    HandleScope scope(environment_.env());
    environment_.tables().addresses[0] = failure.peer;
    napi_value argument = number(environment_.env(), failure.error);
    environment_.call(kSendFailed, owner, context_, 1, &argument);
  }
}

void DatagramSocket::read(napi_value owner) {
  Incoming& incoming = environment_.incoming();
  uint8_t* slab = environment_.slab();
  if (slab == nullptr) return call_failed(owner, -ENOMEM, "recvmmsg");
  int error = 0;
  const int filled = incoming.fill(fd_.get(), slab, limits_, offload_, &pace_, &error);
  if (error != 0) report_read_error(owner, error);
  if (filled == 0) {
    if (error == 0 && notice_shutdown()) end_reading(owner);
    return;
  }
  // More than once only if the kernel puts more datagrams into a run than any does today.
  for (int count = incoming.split(limits_.max_packet_bytes); count > 0; count = incoming.split(limits_.max_packet_bytes)) {
    if (!fd_.valid()) return;
    HandleScope scope(environment_.env());
    napi_value argument = number(environment_.env(), count);
    environment_.call(kReceived, owner, context_, 1, &argument);
  }
  if (is_busy_polled_) environment_.busy_poll().extend();
}

/**
 * Returns whether somebody who shares this socket has called shutdown(2). Nothing can be read then, and poll() says for ever that it can;
 * when both directions are shut it says so unasked (datagram_poll(), net/core/datagram.c), and only an end of polling ends that.
 */
bool DatagramSocket::notice_shutdown() {
  pollfd descriptor = {fd_.get(), POLLRDHUP, 0};
  if (poll(&descriptor, 1, 0) <= 0) return false;
  if ((descriptor.revents & POLLHUP) != 0 && watcher_ != nullptr) {
    is_hung_up_ = true;
    watcher_->stop();
  }
  return (descriptor.revents & POLLRDHUP) != 0;
}

void DatagramSocket::end_reading(napi_value owner) {
  reading_ = false;
  update_polling();
  update_busy_poll();
  call_failed(owner, -ESHUTDOWN, "recvmmsg");
}

/** A pending ICMP error makes recvmmsg fail too: it concerns a datagram that was sent, not the reading. */
void DatagramSocket::report_read_error(napi_value owner, int error) {
  if (drain_error_queue(fd_.get(), &failures_) == 0) {
    if (!is_icmp_error(error)) return call_failed(owner, error, "recvmmsg");
    AddressWords peer{};
    peer_address(&peer);
    failures_.push_back({error, peer});
  }
  report_failures(owner);
}

void DatagramSocket::call_failed(napi_value owner, int error, const char* operation) {
  napi_value arguments[2] = {number(environment_.env(), error), nullptr};
  napi_create_string_utf8(environment_.env(), operation, NAPI_AUTO_LENGTH, &arguments[1]);
  environment_.call(kFailed, owner, context_, 2, arguments);
}

}  // namespace groupcast
