#include "memberships.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "endpoint.h"

namespace groupcast {

namespace {

// The MCAST_ requests of RFC 3678 name the interface by index and serve both families, unlike IP_ADD_MEMBERSHIP.

void to_storage(const AddressWords& words, sockaddr_storage* storage) {
  Endpoint endpoint;
  const socklen_t length = to_endpoint(words, words.family == 4 ? AF_INET : AF_INET6, &endpoint);
  memset(storage, 0, sizeof *storage);
  memcpy(storage, &endpoint, length);
}

int level_of(const AddressWords& group) { return group.family == 4 ? IPPROTO_IP : IPPROTO_IPV6; }

int request_group(int fd, int request, const AddressWords& group, int interface_index) {
  group_req argument{};
  argument.gr_interface = static_cast<uint32_t>(interface_index);
  to_storage(group, &argument.gr_group);
  return setsockopt(fd, level_of(group), request, &argument, sizeof argument) == 0 ? 0 : -errno;
}

int request_source(int fd, int request, const AddressWords& group, int interface_index, const AddressWords& source) {
  group_source_req argument{};
  argument.gsr_interface = static_cast<uint32_t>(interface_index);
  to_storage(group, &argument.gsr_group);
  to_storage(source, &argument.gsr_source);
  return setsockopt(fd, level_of(group), request, &argument, sizeof argument) == 0 ? 0 : -errno;
}

int set_ipv4_interface(int fd, int interface_index, const AddressWords& address) {
  ip_mreqn argument{};
  argument.imr_ifindex = interface_index;
  if (address.family == 4) argument.imr_address = to_in_addr(address);
  return setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &argument, sizeof argument) == 0 ? 0 : -errno;
}

}  // namespace

int join_group(int fd, const AddressWords& group, int interface_index, const AddressWords& source) {
  if (source.family == 0) return request_group(fd, MCAST_JOIN_GROUP, group, interface_index);
  return request_source(fd, MCAST_JOIN_SOURCE_GROUP, group, interface_index, source);
}

int leave_group(int fd, const AddressWords& group, int interface_index, const AddressWords& source) {
  if (source.family == 0) return request_group(fd, MCAST_LEAVE_GROUP, group, interface_index);
  return request_source(fd, MCAST_LEAVE_SOURCE_GROUP, group, interface_index, source);
}

int block_source(int fd, const AddressWords& group, int interface_index, const AddressWords& source) {
  return request_source(fd, MCAST_BLOCK_SOURCE, group, interface_index, source);
}

int unblock_source(int fd, const AddressWords& group, int interface_index, const AddressWords& source) {
  return request_source(fd, MCAST_UNBLOCK_SOURCE, group, interface_index, source);
}

int set_multicast_interface(int fd, int socket_family, int interface_index, const AddressWords& address) {
  if (socket_family == AF_INET) return set_ipv4_interface(fd, interface_index, address);
  if (setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &interface_index, sizeof interface_index) != 0) return -errno;
  return set_ipv4_interface(fd, interface_index, address);  // for IPv4-mapped groups
}

}  // namespace groupcast
