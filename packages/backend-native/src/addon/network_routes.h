#ifndef GROUPCAST_NETWORK_ROUTES_H_
#define GROUPCAST_NETWORK_ROUTES_H_

#include <cstdint>
#include <string>

#include "batch_layout.h"

namespace groupcast {

/** Way that a datagram would take. */
struct FoundRoute {
  uint32_t interface_index = 0;  // 0: none
  std::string source;
  std::string gateway;
};

/**
 * The kernel's own look-up, as for a socket that is not connected: the source is fixed only when `source` is given (family not 0),
 * the interface only by the scope of `destination`. 0 or negative errno.
 */
int find_route(const AddressWords& destination, const AddressWords& source, FoundRoute* route);

/** The default route of the main table with the lowest metric; index 0 when there is none. `family`: AF_INET or AF_INET6. */
int find_default_route(int family, FoundRoute* route);

}  // namespace groupcast

#endif  // GROUPCAST_NETWORK_ROUTES_H_
