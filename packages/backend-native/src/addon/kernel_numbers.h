#ifndef GROUPCAST_KERNEL_NUMBERS_H_
#define GROUPCAST_KERNEL_NUMBERS_H_

#include <netinet/in.h>
#include <sys/socket.h>

/** Numbers of Linux that older C libraries do not have; the values never change (include/uapi/linux). */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103  // linux/udp.h, Linux 4.18
#endif
#ifndef UDP_GRO
#define UDP_GRO 104  // linux/udp.h, Linux 5.0
#endif
#ifndef SO_MEMINFO
#define SO_MEMINFO 55  // asm-generic/socket.h, Linux 4.12
#endif
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62  // asm-generic/socket.h, Linux 5.0
#endif
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29  // linux/in6.h, Linux 4.20
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

#endif  // GROUPCAST_KERNEL_NUMBERS_H_
