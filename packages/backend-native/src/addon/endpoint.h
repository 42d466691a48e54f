#ifndef GROUPCAST_ENDPOINT_H_
#define GROUPCAST_ENDPOINT_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include "batch_layout.h"

namespace groupcast {

/** A sockaddr of either IP version. */
union Endpoint {
  sockaddr base;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/** Fills `endpoint` for a socket of `socket_family` (AF_…); IPv4 on an IPv6 socket becomes IPv4-mapped (RFC 4291 2.5.5.2). */
socklen_t to_endpoint(const AddressWords& words, int socket_family, Endpoint* endpoint);

/** The words of an endpoint that the kernel filled in. */
AddressWords to_words(const Endpoint& endpoint);

AddressWords to_words(const in_addr& address);
AddressWords to_words(const in6_addr& address);

/** The bytes of an IPv4 address in `words`. */
in_addr to_in_addr(const AddressWords& words);

/** The bytes of an IPv6 address; IPv4-mapped when `words` hold IPv4. */
in6_addr to_in6_addr(const AddressWords& words);

}  // namespace groupcast

#endif  // GROUPCAST_ENDPOINT_H_
