#ifndef BENCH_SOCKETS_H_
#define BENCH_SOCKETS_H_

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* include/uapi/linux/udp.h */
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

static inline void require(int succeeded, const char *what) {
  if (succeeded) return;
  perror(what);
  exit(1);
}

/* An address of either family. The kernel takes a length that is larger than the family's. */
union endpoint {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

static inline int is_ipv6(const char *address) { return strchr(address, ':') != NULL; }

static inline union endpoint endpoint(const char *address, int port) {
  union endpoint result = {0};
  if (is_ipv6(address)) {
    result.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    require(inet_pton(AF_INET6, address, &result.v6.sin6_addr) == 1, address);
  } else {
    result.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    require(inet_pton(AF_INET, address, &result.v4.sin_addr) == 1, address);
  }
  return result;
}

static inline void set_option(int fd, int level, int number, int value, const char *what) {
  require(setsockopt(fd, level, number, &value, sizeof value) == 0, what);
}

/* Returns a bound socket; with `is_shared`, other sockets may use its number, too. */
static inline int open_bound(const char *address, int port, int is_shared, int flags) {
  int fd = socket(is_ipv6(address) ? AF_INET6 : AF_INET, SOCK_DGRAM | flags, 0);
  require(fd >= 0, "socket");
  if (is_shared) set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  union endpoint local = endpoint(address, port);
  require(bind(fd, &local.any, sizeof local) == 0, "bind");
  return fd;
}

static inline int port_of(int fd) {
  union endpoint local;
  socklen_t length = sizeof local;
  require(getsockname(fd, &local.any, &length) == 0, "getsockname");
  return ntohs(local.any.sa_family == AF_INET6 ? local.v6.sin6_port : local.v4.sin_port);
}

static inline void send_multicast_on_loopback(int fd) {
  struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
  require(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback) == 0, "IP_MULTICAST_IF");
}

static inline void join_on_loopback(int fd, const char *group) {
  struct ip_mreq request = {.imr_interface = {htonl(INADDR_LOOPBACK)}};
  require(inet_pton(AF_INET, group, &request.imr_multiaddr) == 1, group);
  require(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) == 0, "IP_ADD_MEMBERSHIP");
}

/* Reads "address:port,[address of IPv6]:port" into `to`; returns their number. */
static inline int read_destinations(const char *list, union endpoint *to, int limit) {
  int count = 0;
  while (*list != '\0' && count < limit) {
    char address[64];
    int port = 0, used = 0;
    const char *form = *list == '[' ? "[%63[^]]]:%d%n" : "%63[^:]:%d%n";
    require(sscanf(list, form, address, &port, &used) == 2, list);
    to[count++] = endpoint(address, port);
    list += used;
    if (*list == ',') list++;
  }
  return count;
}

/* Returns the n-th group that programs join: 239.255.2.1, 239.255.2.2 ... */
static inline const char *group_name(int n) {
  static char text[32];
  snprintf(text, sizeof text, "239.255.%d.%d", 2 + n / 250, 1 + n % 250);
  return text;
}

#endif
