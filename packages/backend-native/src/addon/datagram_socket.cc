#include "datagram_socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "endpoint.h"
#include "socket_options.h"

namespace groupcast {

namespace {

constexpr int kFirstFreeDescriptor = 3;  // a duplicate never takes the place of a closed stdin, stdout or stderr
constexpr int kPortAttempts = 16;        // another socket may take the port between two binds

int socket_option(int fd, int number, int* value) {
  socklen_t length = sizeof *value;
  return getsockopt(fd, SOL_SOCKET, number, value, &length) == 0 ? 0 : -errno;
}

/** 0 when `fd` is a UDP socket; its family goes to `family`. */
int check_adoptable(int fd, int* family) {
  int type = 0;
  int protocol = 0;
  int error = socket_option(fd, SO_TYPE, &type);
  if (error == 0) error = socket_option(fd, SO_DOMAIN, family);
  if (error == 0) error = socket_option(fd, SO_PROTOCOL, &protocol);
  if (error != 0) return error;
  if (*family != AF_INET && *family != AF_INET6) return -EAFNOSUPPORT;
  return type == SOCK_DGRAM && protocol == IPPROTO_UDP ? 0 : -EINVAL;
}

}  // namespace

DatagramSocket::DatagramSocket(Environment& environment, FileDescriptor fd, int family)
    : environment_(environment), fd_(std::move(fd)), family_(family) {
  environment_.socket_made();
}

DatagramSocket::~DatagramSocket() {
  environment_ends();
  drop_context();
  if (owner_ != nullptr) napi_delete_reference(environment_.env(), owner_);
  environment_.socket_freed();
}

std::unique_ptr<DatagramSocket> DatagramSocket::open(Environment& environment, int family, int* error) {
  FileDescriptor fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  *error = fd.valid() ? 0 : -errno;
  if (!fd.valid()) return nullptr;
  return std::unique_ptr<DatagramSocket>(new (std::nothrow) DatagramSocket(environment, std::move(fd), family));
}

std::unique_ptr<DatagramSocket> DatagramSocket::adopt(Environment& environment, int fd, int* error) {
  FileDescriptor copy(fcntl(fd, F_DUPFD_CLOEXEC, kFirstFreeDescriptor));
  int family = AF_UNSPEC;
  *error = copy.valid() ? check_adoptable(copy.get(), &family) : -errno;
  if (*error != 0) return nullptr;
  std::unique_ptr<DatagramSocket> socket(new (std::nothrow) DatagramSocket(environment, std::move(copy), family));
  if (socket == nullptr) return nullptr;
  socket->hears_of_drops_ = get_socket_option(socket->fd(), family, "receiveErrors") > 0;
  AddressWords peer;
  socket->connected_ = socket->peer_address(&peer) == 0;
  AddressWords local;
  if (socket->local_address(&local) == 0) socket->port_ = local.port;
  // A link-local peer binds the socket to its link while connected; that binding is not an option of the owner's.
  if (!socket->connected_ || peer.scope == 0) socket->unconnected_interface_ = bound_interface(socket->fd());
  return socket;
}

bool DatagramSocket::give_to(napi_env env, napi_value owner, std::unique_ptr<DatagramSocket> socket) {
  napi_finalize finalize = [](napi_env, void* self, void*) { delete static_cast<DatagramSocket*>(self); };
  if (napi_wrap(env, owner, socket.get(), finalize, nullptr, &socket->owner_) != napi_ok) return false;
  socket.release();
  return true;
}

/** Resource that async_hooks and AsyncLocalStorage see as the cause of callbacks. Made late, because Node 26 lets it hold the owner. */
bool DatagramSocket::make_context() {
  napi_env env = environment_.env();
  napi_value name;
  napi_value owner;
  return napi_get_reference_value(env, owner_, &owner) == napi_ok &&
         napi_create_string_utf8(env, "GROUPCASTSOCKET", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_async_init(env, owner, name, &context_) == napi_ok;
}

void DatagramSocket::drop_context() {
  if (context_ != nullptr) napi_async_destroy(environment_.env(), std::exchange(context_, nullptr));
}

/** Starts to watch the socket. From here on it keeps its owner, and unless unref'ed the process, alive. */
int DatagramSocket::attach() {
  if (watcher_ != nullptr) return 0;
  if (context_ == nullptr && !make_context()) return -ENOMEM;
  int error = 0;
  watcher_ = PollWatcher::open(environment_, fd_.get(), *this, &error);
  if (watcher_ == nullptr) {
    drop_context();  // it would hold the owner, and so the descriptor, for ever
    return error;
  }
  if (!referenced_) watcher_->unref();
  napi_reference_ref(environment_.env(), owner_, nullptr);
  update_polling();
  return 0;
}

int DatagramSocket::bind(const AddressWords& local) {
  const int error = local.port == 0 ? bind_to_free_port(local) : bind_to(local);
  return error != 0 ? error : attach();
}

int DatagramSocket::bind_to(const AddressWords& local) {
  Endpoint endpoint;
  const socklen_t length = to_endpoint(local, family_, &endpoint);
  if (::bind(fd_.get(), &endpoint.base, length) != 0) return -errno;
  port_ = local.port;
  return 0;
}

/**
 * Binds to a port that the kernel chooses, and once more to its number. Otherwise disconnect() would give the port up, and another socket could
 * take it: __udp_disconnect() of net/ipv4/udp.c keeps a number only if it was asked for (SOCK_BINDPORT_LOCK).
 */
int DatagramSocket::bind_to_free_port(AddressWords local) {
  for (int attempt = 1;; attempt++) {
    local.port = 0;
    int error = bind_to(local);
    AddressWords chosen;
    if (error == 0) error = local_address(&chosen);
    if (error == 0) error = dissolve();
    if (error != 0) return error;
    local.port = chosen.port;
    error = bind_to(local);
    if (error != -EADDRINUSE || attempt == kPortAttempts) return error;
  }
}

/** Binds a socket that has no port yet, as connect(2) and sendmsg(2) would. Refuses one that has lost its port: they would choose another. */
int DatagramSocket::ensure_port() {
  if (port_ != 0) return port_refusal_;
  return bind_to_free_port({family_ == AF_INET ? 4 : 6, 0, {}, 0});
}

int DatagramSocket::connect(const AddressWords& peer) {
  const int error = ensure_port();
  if (error != 0) return error;
  Endpoint endpoint;
  const socklen_t length = to_endpoint(peer, family_, &endpoint);
  if (!connected_) unconnected_interface_ = bound_interface(fd_.get());
  if (::connect(fd_.get(), &endpoint.base, length) != 0) return -errno;
  connected_ = true;
  segment_limits_.clear();
  return attach();
}

/**
 * Undoes connect(2). An adopted socket may lose its port to another one here, when its number was the kernel's choice. It then sends nothing
 * until a further call gives the port back.
 */
int DatagramSocket::disconnect() {
  int error = dissolve();
  if (error != 0) return error;
  connected_ = false;
  segment_limits_.clear();
  AddressWords local;
  error = local_address(&local);
  if (error != 0 || local.port == port_) return error;
  local.port = port_;
  return port_refusal_ = bind_to(local);
}

/** connect(2) with AF_UNSPEC. Linux then also forgets SO_BINDTODEVICE (__udp_disconnect() of net/ipv4/udp.c), which is put back. */
int DatagramSocket::dissolve() {
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  if (::connect(fd_.get(), &none, sizeof none) != 0) return -errno;
  return unconnected_interface_ == 0 ? 0 : set_socket_option(fd_.get(), family_, "bindToInterface", unconnected_interface_);
}

int DatagramSocket::local_address(AddressWords* words) const {
  Endpoint endpoint{};
  socklen_t length = sizeof endpoint;
  if (getsockname(fd_.get(), &endpoint.base, &length) != 0) return -errno;
  *words = to_words(endpoint);
  return 0;
}

int DatagramSocket::peer_address(AddressWords* words) const {
  Endpoint endpoint{};
  socklen_t length = sizeof endpoint;
  if (getpeername(fd_.get(), &endpoint.base, &length) != 0) return -errno;
  *words = to_words(endpoint);
  return 0;
}

int DatagramSocket::get_option(const char* name) const {
  if (fd_.valid() && strcmp(name, "busyPollUs") == 0) return busy_poll_us_;
  return get_socket_option(fd_.get(), family_, name);
}

/**
 * SO_BUSY_POLL makes reading ask a device that has queues of its own for it. socket(7) wants CAP_NET_ADMIN for that; Linux 6.18 takes it from anybody.
 * The loop spins without it, too, so a refusal changes nothing else.
 */
int DatagramSocket::set_busy_poll(int spin_us) {
  const int outcome = set_socket_option(fd_.get(), family_, "busyPollUs", spin_us);
  if (outcome != 0 && outcome != -EPERM && outcome != -ENOPROTOOPT) return outcome;
  busy_poll_us_ = spin_us;
  update_busy_poll();
  return 0;
}

void DatagramSocket::update_busy_poll() {
  const int spin_us = reading_ ? busy_poll_us_ : 0;
  if (spin_us == 0 && !is_busy_polled_) return;
  is_busy_polled_ = spin_us > 0;
  environment_.busy_poll().watch(*this, spin_us);
}

int DatagramSocket::set_option(const char* name, int value) {
  if (strcmp(name, "busyPollUs") == 0) return set_busy_poll(value);
  const int outcome = set_socket_option(fd_.get(), family_, name, value);
  if (outcome != 0) return outcome;
  if (strcmp(name, "receiveOffload") == 0) offload_ = receives_offloaded(fd_.get());
  if (strcmp(name, "receiveErrors") == 0) hears_of_drops_ = value != 0;
  if (strcmp(name, "bindToInterface") == 0) unconnected_interface_ = value;
  return 0;
}

int DatagramSocket::start_reading(const ReadLimits& limits) {
  limits_ = limits;
  offload_ = receives_offloaded(fd_.get());
  const int error = attach();
  if (error != 0) return error;
  reading_ = true;
  update_polling();
  update_busy_poll();
  return 0;
}

void DatagramSocket::stop_reading() {
  reading_ = false;
  if (watcher_ != nullptr) update_polling();
  update_busy_poll();
}

void DatagramSocket::ref() {
  referenced_ = true;
  if (watcher_ != nullptr) watcher_->ref();
}

void DatagramSocket::unref() {
  referenced_ = false;
  if (watcher_ != nullptr) watcher_->unref();
}

void DatagramSocket::close() {
  if (watcher_ != nullptr) napi_reference_unref(environment_.env(), owner_, nullptr);
  environment_ends();
  if (!is_called_back_) drop_context();
}

void DatagramSocket::environment_ends() {
  watcher_.reset();  // first: libuv must forget the descriptor before its number can be taken again
  fd_.reset();
  failures_.clear();
  reading_ = awaits_writable_ = false;
  update_busy_poll();
}

}  // namespace groupcast
