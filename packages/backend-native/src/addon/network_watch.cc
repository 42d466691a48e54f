#include "network_watch.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <utility>

#include "netlink.h"

namespace groupcast {

namespace {

constexpr uint32_t kGroups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
constexpr size_t kScrapBytes = 64;  // the messages say only that something changed: the state is read afterwards

}  // namespace

std::unique_ptr<NetworkWatch> NetworkWatch::open(Environment& environment, int* error) {
  FileDescriptor netlink = open_netlink(kGroups);
  *error = netlink.valid() ? 0 : -errno;
  if (!netlink.valid()) return nullptr;
  std::unique_ptr<NetworkWatch> watch(new (std::nothrow) NetworkWatch(environment, std::move(netlink)));
  if (watch == nullptr) {
    *error = -ENOMEM;
    return nullptr;
  }
  watch->watcher_ = PollWatcher::open(environment, watch->netlink_.get(), *watch, error);
  if (watch->watcher_ == nullptr) return nullptr;
  watch->watcher_->unref();
  *error = watch->watcher_->start(UV_READABLE);
  if (*error != 0) return nullptr;
  return watch;
}

/** Empties the socket; true if there was anything. ENOBUFS says that more came than fits: something changed, too. */
bool NetworkWatch::drain() {
  bool any = false;
  char scrap[kScrapBytes];
  for (;;) {
    if (recv(netlink_.get(), scrap, sizeof scrap, MSG_DONTWAIT) >= 0 || errno == ENOBUFS) {
      any = true;
    } else if (errno != EINTR) {
      return any;
    }
  }
}

void NetworkWatch::polled(bool failed, int) {
  if (failed) watcher_->start(UV_READABLE);
  if (!drain()) return;
  napi_env env = environment_.env();
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value receiver = nullptr;
  napi_get_global(env, &receiver);
  environment_.call(kChanged, receiver, nullptr, 0, nullptr);  // may delete this
  napi_close_handle_scope(env, scope);
}

void NetworkWatch::environment_ends() {
  watcher_.reset();
  netlink_.reset();
}

}  // namespace groupcast
