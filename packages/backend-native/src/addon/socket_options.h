#ifndef GROUPCAST_SOCKET_OPTIONS_H_
#define GROUPCAST_SOCKET_OPTIONS_H_

#include <cstddef>
#include <cstdint>

namespace groupcast {

/** Sets the option of that name (a row of OPTION_TABLE in TypeScript): 0 or negative errno; -ENOPROTOOPT where it has no row. */
int set_socket_option(int fd, int socket_family, const char* name, int value);

/** Its value, or negative errno. */
int get_socket_option(int fd, int socket_family, const char* name);

/** Attaches a program of classic BPF to the group of sockets that share the number: code, both jumps and k in four words each. */
int steer_sockets(int fd, const uint32_t* words, size_t word_count);

/** Names of all rows, ended by nullptr. */
const char* const* socket_option_names();

/** SO_BINDTOIFINDEX and UDP_GRO, where the socket itself needs them: 0 when the kernel does not know them. */
int bound_interface(int fd);
bool receives_offloaded(int fd);

}  // namespace groupcast

#endif  // GROUPCAST_SOCKET_OPTIONS_H_
