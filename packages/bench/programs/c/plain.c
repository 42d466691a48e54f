/* C as most programs use it: epoll, then one recvmsg and one sendmsg a datagram. */
#define _GNU_SOURCE /* struct in6_pktinfo */
#include "measured.h"

static uint8_t bytes[65536];

static int receive(struct port *port, struct tally *tally) {
  union endpoint from;
  struct iovec vector = {bytes, sizeof bytes};
  char control[ARRIVAL_BYTES];
  for (;;) {
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &vector, .msg_iovlen = 1,
                             .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(port->fd, &message, 0);
    if (length < 0) return 1;
    if (!count(tally, &port->next, bytes, (int)length)) return 0;
  }
}

static int echo(struct port *port, struct tally *tally) {
  union endpoint from;
  for (;;) {
    struct iovec vector = {bytes, sizeof bytes};
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &vector, .msg_iovlen = 1};
    ssize_t length = recvmsg(port->fd, &message, 0);
    if (length < 0) return 1;
    if (!count(tally, &port->next, bytes, (int)length)) return 0;
    vector.iov_len = (size_t)length;
    require(sendmsg(port->fd, &message, 0) >= 0, "sendmsg");
  }
}

static void send_burst(struct sending *sending) {
  for (int i = 0; i < BURST; i++) {
    int at = sending->next;
    sending->next = (at + 1) % sending->to_count;
    fill(bytes, sending->size, sending->numbers[at]++);
    struct iovec vector = {bytes, (size_t)sending->size};
    struct msghdr message = {.msg_name = &sending->to[at], .msg_namelen = sizeof sending->to[at], .msg_iov = &vector, .msg_iovlen = 1};
    if (sendmsg(sending->fd, &message, 0) < 0) sending->refused++;
    sending->sent++;
  }
}

int main(int argc, char **argv) { return run_role(argc, argv, 0, receive, echo, send_burst); }
