#include "arguments.h"
#include "datagram_socket.h"
#include "exports.h"
#include "memberships.h"

using namespace groupcast;

// Address 0 of SharedTables is the group, address 1 the source (family 0: any).

namespace {

using MembershipRequest = int (*)(int fd, const AddressWords& group, int interface_index, const AddressWords& source);

napi_value request(Arguments& arguments, MembershipRequest function) {
  DatagramSocket* socket = arguments.socket();
  const int interface_index = arguments.number(1);
  if (!arguments.valid()) return nullptr;
  const AddressWords* addresses = arguments.environment().tables().addresses;
  return arguments.result(function(socket->fd(), addresses[0], interface_index, addresses[1]));
}

napi_value socket_join(Arguments& arguments) { return request(arguments, join_group); }
napi_value socket_leave(Arguments& arguments) { return request(arguments, leave_group); }
napi_value socket_block_source(Arguments& arguments) { return request(arguments, block_source); }
napi_value socket_unblock_source(Arguments& arguments) { return request(arguments, unblock_source); }

/** Address 0 is the source address to fix (family 0: none). */
napi_value socket_set_multicast_interface(Arguments& arguments) {
  DatagramSocket* socket = arguments.socket();
  const int interface_index = arguments.number(1);
  if (!arguments.valid()) return nullptr;
  const AddressWords& source = arguments.environment().tables().addresses[0];
  return arguments.result(set_multicast_interface(socket->fd(), socket->family(), interface_index, source));
}

}  // namespace

napi_status groupcast::add_multicast_exports(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      EXPORT(socket_join),           EXPORT(socket_leave),
      EXPORT(socket_block_source),   EXPORT(socket_unblock_source),
      EXPORT(socket_set_multicast_interface),
  };
  return napi_define_properties(env, exports, sizeof properties / sizeof properties[0], properties);
}
