#ifndef GROUPCAST_MEMBERSHIPS_H_
#define GROUPCAST_MEMBERSHIPS_H_

#include "batch_layout.h"

namespace groupcast {

/** Memberships and source filters of a socket: 0 or negative errno. `source.family` 0 means any source. */
int join_group(int fd, const AddressWords& group, int interface_index, const AddressWords& source);
int leave_group(int fd, const AddressWords& group, int interface_index, const AddressWords& source);
int block_source(int fd, const AddressWords& group, int interface_index, const AddressWords& source);
int unblock_source(int fd, const AddressWords& group, int interface_index, const AddressWords& source);

/** Sets the interface that multicast datagrams leave by; `address` becomes their IPv4 source where its family is not 0. */
int set_multicast_interface(int fd, int socket_family, int interface_index, const AddressWords& address);

}  // namespace groupcast

#endif  // GROUPCAST_MEMBERSHIPS_H_
