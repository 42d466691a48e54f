#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "arguments.h"
#include "datagram_socket.h"
#include "exports.h"
#include "socket_options.h"

using namespace groupcast;

// Addresses go in and out through SharedTables::addresses; JavaScript writes them before the call, or reads them after it.

namespace {

AddressWords& address(Arguments& arguments) { return arguments.environment().tables().addresses[0]; }

/** Gives a new socket to its object; the result is 4 or 6, or a negative errno. */
napi_value give(Arguments& arguments, std::unique_ptr<DatagramSocket> socket, int error) {
  napi_value owner = arguments.object(0);
  if (!arguments.valid()) return nullptr;
  if (socket == nullptr) return arguments.result(error != 0 ? error : -ENOMEM);
  const int family = socket->family() == AF_INET ? 4 : 6;
  if (!DatagramSocket::give_to(arguments.env(), owner, std::move(socket))) return arguments.result(-ENOMEM);
  return arguments.result(family);
}

napi_value socket_open(Arguments& arguments) {
  int error = 0;
  const int family = arguments.number(1) == 4 ? AF_INET : AF_INET6;
  if (!arguments.valid()) return nullptr;
  std::unique_ptr<DatagramSocket> socket = DatagramSocket::open(arguments.environment(), family, &error);
  return give(arguments, std::move(socket), error);
}

napi_value socket_adopt(Arguments& arguments) {
  int error = 0;
  const int fd = arguments.number(1);
  if (!arguments.valid()) return nullptr;
  std::unique_ptr<DatagramSocket> socket = DatagramSocket::adopt(arguments.environment(), fd, &error);
  DatagramSocket* adopted = socket.get();
  napi_value result = give(arguments, std::move(socket), error);
  if (adopted == nullptr || result == nullptr) return result;
  error = adopted->attach();
  if (error == 0) return result;
  adopted->close();  // now, not when its object is collected
  return arguments.result(error);
}

napi_value socket_bind(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  return arguments.valid() ? arguments.result(socket->bind(address(arguments))) : nullptr;
}

napi_value socket_connect(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  return arguments.valid() ? arguments.result(socket->connect(address(arguments))) : nullptr;
}

napi_value socket_disconnect(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  return arguments.valid() ? arguments.result(socket->disconnect()) : nullptr;
}

napi_value socket_local_address(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  return arguments.valid() ? arguments.result(socket->local_address(&address(arguments))) : nullptr;
}

napi_value socket_peer_address(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  return arguments.valid() ? arguments.result(socket->peer_address(&address(arguments))) : nullptr;
}

/** Whether every datagram that the runs name lies inside the bytes: a wrong offset must not become a wild read. */
bool within_bounds(const Datagrams& datagrams, size_t bytes, size_t offset_count) {
  for (int i = 0; i < datagrams.run_count; i++) {
    const RunRow& run = datagrams.runs[i];
    if (run.first < 0 || run.end < run.first || size_t(run.end) >= offset_count) return false;
    if (i > 0 && run.first != datagrams.runs[i - 1].end) return false;
    for (int at = run.first; at < run.end; at++) {
      if (datagrams.offsets[at] < 0 || datagrams.offsets[at + 1] < datagrams.offsets[at]) return false;
    }
    if (run.end > run.first && size_t(datagrams.offsets[run.end]) > bytes) return false;
  }
  return true;
}

/** Sends what the first `run_count` rows of SharedTables::runs name. SharedTables::refusal says what was refused. */
napi_value socket_send(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  const Bytes bytes = arguments.bytes(1);
  const Bytes offsets = arguments.bytes(2);
  const int run_count = arguments.number(3);
  if (!arguments.valid()) return nullptr;
  const Datagrams datagrams = {bytes.start, reinterpret_cast<const int32_t*>(offsets.start),
                               arguments.environment().tables().runs, run_count};
  if (run_count < 1 || run_count > kMaxRuns || !within_bounds(datagrams, bytes.length, offsets.length / sizeof(int32_t))) {
    arguments.reject("expected runs and offsets inside the bytes");
    return nullptr;
  }
  SendRefusal* refusal = &arguments.environment().tables().refusal;
  *refusal = {};
  return arguments.result(socket->fd() < 0 ? -EBADF : socket->send(datagrams, refusal));
}

napi_value socket_start_reading(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  const ReadLimits limits = {arguments.number(1), arguments.number(2), arguments.number(3)};
  if (!arguments.valid()) return nullptr;
  return arguments.result(socket->fd() < 0 ? -EBADF : socket->start_reading(limits));
}

napi_value socket_stop_reading(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  if (arguments.valid()) socket->stop_reading();
  return nullptr;
}

napi_value socket_set_option(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  const char* name = arguments.text(1);
  const int value = arguments.number(2);
  return arguments.valid() ? arguments.result(socket->set_option(name, value)) : nullptr;
}

napi_value socket_get_option(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  const char* name = arguments.text(1);
  return arguments.valid() ? arguments.result(socket->get_option(name)) : nullptr;
}

napi_value socket_steer(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  const Bytes program = arguments.bytes(1);
  if (!arguments.valid()) return nullptr;
  const auto* words = reinterpret_cast<const uint32_t*>(program.start);
  return arguments.result(steer_sockets(socket->fd(), words, program.length / sizeof(uint32_t)));
}

napi_value socket_ref(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  if (arguments.valid()) socket->ref();
  return nullptr;
}

napi_value socket_unref(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  if (arguments.valid()) socket->unref();
  return nullptr;
}

napi_value socket_close(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  if (arguments.valid()) socket->close();
  return nullptr;
}

}  // namespace

napi_status groupcast::add_socket_exports(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      EXPORT(socket_open),       EXPORT(socket_adopt),         EXPORT(socket_bind),         EXPORT(socket_connect),
      EXPORT(socket_disconnect), EXPORT(socket_local_address), EXPORT(socket_peer_address), EXPORT(socket_send),
      EXPORT(socket_set_option), EXPORT(socket_start_reading), EXPORT(socket_stop_reading), EXPORT(socket_get_option),
      EXPORT(socket_ref),        EXPORT(socket_unref),         EXPORT(socket_close),        EXPORT(socket_steer),
  };
  return napi_define_properties(env, exports, sizeof properties / sizeof properties[0], properties);
}
