#include "network_watch.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "netlink.h"

namespace groupcast {

namespace {

constexpr uint32_t kGroups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
constexpr size_t kMessageBytes = 64;  // of each message the beginning: the state is read afterwards, but for interfaces that are gone by then
constexpr size_t kMaxDeleted = 64;    // in one turn; others are for the next one

constexpr int kUnknown = 0;  // index of an interface that may have been deleted
constexpr int kNone = -1;

/** Returns the index of the interface that a message says was deleted, or moved to another namespace; kNone for other messages. */
int deleted_interface(const char* message, size_t length) {
  struct {
    nlmsghdr header;
    ifinfomsg link;
  } parsed;
  if (length < sizeof parsed) return kNone;
  std::memcpy(&parsed, message, sizeof parsed);
  // AF_BRIDGE: an interface leaves its bridge, and stays (br_ifinfo_notify(), net/bridge/br_netlink.c).
  return parsed.header.nlmsg_type == RTM_DELLINK && parsed.link.ifi_family == AF_UNSPEC ? parsed.link.ifi_index : kNone;
}

}  // namespace

struct NetworkWatch::Deleted {
  int indices[kMaxDeleted];
  size_t count = 0;
};

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

/** Empties the socket; true if there was anything. ENOBUFS says that more came than fits: something changed, too, and index 0 stands for it. */
bool NetworkWatch::drain(Deleted* deleted) {
  bool any = false;
  char message[kMessageBytes];
  while (deleted->count < kMaxDeleted) {
    const ssize_t length = recv(netlink_.get(), message, sizeof message, MSG_DONTWAIT);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0 && errno != ENOBUFS) return any;
    any = true;
    const int index = length < 0 ? kUnknown : deleted_interface(message, static_cast<size_t>(length));
    if (index != kNone) deleted->indices[deleted->count++] = index;
  }
  return any;
}

void NetworkWatch::polled(bool failed, int) {
  if (failed) watcher_->start(UV_READABLE);
  Deleted deleted;
  if (!drain(&deleted)) return;
  napi_env env = environment_.env();
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value receiver = nullptr;
  napi_get_global(env, &receiver);
  napi_value indices[kMaxDeleted];
  for (size_t i = 0; i < deleted.count; i++) napi_create_int32(env, deleted.indices[i], &indices[i]);
  environment_.call(kChanged, receiver, nullptr, deleted.count, indices);  // may delete this
  napi_close_handle_scope(env, scope);
}

void NetworkWatch::environment_ends() {
  watcher_.reset();
  netlink_.reset();
}

}  // namespace groupcast
