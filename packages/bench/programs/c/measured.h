#ifndef BENCH_MEASURED_H_
#define BENCH_MEASURED_H_

#include <time.h>

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <signal.h>

#include "datagram.h"
#include "sockets.h"

/* One socket of a measured program, and the number it expects next. */
struct port {
  int fd;
  uint32_t next;
};

#define MAX_EVENTS 64

/* What `arrival: true` asks the kernel for. */
static inline void ask_for_arrival(int fd, int is_v6) {
  set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS");
  if (is_v6) {
    set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO");
    set_option(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT");
    return;
  }
  set_option(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO");
  set_option(fd, IPPROTO_IP, IP_RECVTTL, 1, "IP_RECVTTL");
}

#define ARRIVAL_BYTES (CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(struct in6_pktinfo)) + 2 * CMSG_SPACE(sizeof(int)))

/* Opens `ports` sockets as the arguments say, and prints their numbers. */
static inline struct port *open_ports(int argc, char **argv, int is_offloaded, int *count_out) {
  int count = (int)option(argc, argv, "ports", 1), groups = (int)option(argc, argv, "groups", 0);
  int shared = (int)option(argc, argv, "sharedPort", 0);
  const char *host = groups > 0 ? "0.0.0.0" : text_option(argc, argv, "host", "127.0.0.1");
  struct port *ports = calloc((size_t)count, sizeof *ports);
  printf("ready");
  for (int i = 0; i < count; i++) {
    ports[i].fd = open_bound(host, shared, shared > 0, SOCK_NONBLOCK);
    if (is_offloaded) set_option(ports[i].fd, SOL_UDP, UDP_GRO, 1, "UDP_GRO");
    if (option(argc, argv, "arrival", 0) > 0) ask_for_arrival(ports[i].fd, is_ipv6(host));
    for (int n = 0; n < groups; n++) join_on_loopback(ports[i].fd, group_name(n));
    printf(" %d", port_of(ports[i].fd));
  }
  printf("\n");
  fflush(stdout);
  *count_out = count;
  return ports;
}

/* Calls `ready` with each port that has datagrams, until it returns 0. After each `blocked_s` of that it sleeps as long; 0: it does not. */
static inline void serve(struct port *ports, int count, struct tally *tally, double blocked_s, int (*ready)(struct port *, struct tally *)) {
  int poller = epoll_create1(0);
  for (int i = 0; i < count; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &ports[i]};
    require(epoll_ctl(poller, EPOLL_CTL_ADD, ports[i].fd, &event) == 0, "epoll_ctl");
  }
  for (double blocks_at = seconds_now() + blocked_s;;) {
    struct epoll_event events[MAX_EVENTS];
    int found = epoll_wait(poller, events, MAX_EVENTS, -1);
    for (int i = 0; i < found; i++) {
      if (!ready(events[i].data.ptr, tally)) return;
    }
    if (blocked_s == 0 || seconds_now() < blocks_at) continue;
    usleep((useconds_t)(blocked_s * 1e6));
    blocks_at = seconds_now() + blocked_s;
  }
}

static inline int run_server(int argc, char **argv, int is_offloaded, int (*ready)(struct port *, struct tally *)) {
  int count;
  struct tally tally = {.size = (int)option(argc, argv, "size", 64)};
  struct port *ports = open_ports(argc, argv, is_offloaded, &count);
  serve(ports, count, &tally, option(argc, argv, "blockedMs", 0) / 1000, ready);
  print_tally(&tally);
  return 0;
}

#define BURST 64
#define MAX_PEERS 1024

struct sending {
  int fd, size, to_count, next;
  union endpoint to[MAX_PEERS];
  uint32_t numbers[MAX_PEERS];
  long sent, refused;
};

/* Sends bursts for `seconds`, counting from `first`. */
static inline void send_for(struct sending *sending, double seconds, uint32_t first, void (*send_burst)(struct sending *)) {
  for (int i = 0; i < sending->to_count; i++) sending->numbers[i] = first;
  sending->sent = sending->refused = 0;
  for (double end = seconds_now() + seconds; seconds_now() < end;) send_burst(sending);
}

static inline int run_sender(int argc, char **argv, void (*send_burst)(struct sending *)) {
  static struct sending sending;
  sending = (struct sending){.size = (int)option(argc, argv, "size", 64)};
  sending.to_count = read_destinations(text_option(argc, argv, "to", ""), sending.to, MAX_PEERS);
  int is_v6 = sending.to[0].any.sa_family == AF_INET6;
  int is_unicast = is_v6 || !IN_MULTICAST(ntohl(sending.to[0].v4.sin_addr.s_addr));
  sending.fd = open_bound(is_v6 ? "::" : "0.0.0.0", 0, 0, 0);
  if (!is_v6) send_multicast_on_loopback(sending.fd);
  if (sending.to_count == 1 && is_unicast) require(connect(sending.fd, &sending.to[0].any, sizeof sending.to[0]) == 0, "connect");
  printf("ready\n");
  fflush(stdout);
  send_for(&sending, option(argc, argv, "warm", 0.5), 0, send_burst);
  double cpu = cpu_us(), start = seconds_now();
  send_for(&sending, option(argc, argv, "seconds", 1), MEASURED, send_burst);
  printf("result sent=%ld refused=%ld cpuUs=%.0f seconds=%.6f\n", sending.sent, sending.refused, cpu_us() - cpu, seconds_now() - start);
  return 0;
}

static inline int run_role(int argc, char **argv, int is_offloaded, int (*receive)(struct port *, struct tally *), int (*echo)(struct port *, struct tally *),
                           void (*send_burst)(struct sending *)) {
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* no program reads the result of an orphan */
  const char *role = argc > 1 ? argv[1] : "";
  if (strcmp(role, "receive") == 0) return run_server(argc, argv, is_offloaded, receive);
  if (strcmp(role, "echo") == 0) return run_server(argc, argv, is_offloaded, echo);
  if (strcmp(role, "send") == 0) return run_sender(argc, argv, send_burst);
  fprintf(stderr, "usage: %s receive|echo|send name=value ...\n", argv[0]);
  return 2;
}

#endif
