#ifndef GROUPCAST_ERROR_QUEUE_H_
#define GROUPCAST_ERROR_QUEUE_H_

#include <vector>

#include "batch_layout.h"

namespace groupcast {

/** A datagram that was taken, and then lost on the way to `peer` (family 0: unknown). */
struct LateFailure {
  int error;  // negative errno
  AddressWords peer;
};

/**
 * Reads what ICMP reported from the error queue of `fd` (IP_RECVERR of ip(7)) and appends it to `failures`. Returns how many.
 * Entries of local origin are dropped: the send that met them has returned them.
 */
int drain_error_queue(int fd, std::vector<LateFailure>* failures);

/** Whether ICMP can be the reason of `error` (negative errno): icmp_err_convert of net/ipv4/icmp.c, net/ipv6/icmp.c. */
bool is_icmp_error(int error);

}  // namespace groupcast

#endif  // GROUPCAST_ERROR_QUEUE_H_
