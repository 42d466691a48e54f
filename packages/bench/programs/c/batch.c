/* C as fast as Linux allows: recvmmsg into 64 slots with UDP_GRO, sendmmsg, and UDP_SEGMENT for runs to one peer. */
#define _GNU_SOURCE
#include "measured.h"

#define SLOTS 64

static uint8_t slots[SLOTS][65536];
static struct mmsghdr messages[SLOTS];
static struct iovec vectors[SLOTS];
static union endpoint senders[SLOTS];
static char controls[SLOTS][ARRIVAL_BYTES];

static int segment_bytes_of(struct msghdr *message) {
  for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL; control = CMSG_NXTHDR(message, control)) {
    int bytes;
    if (control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO) continue;
    memcpy(&bytes, CMSG_DATA(control), sizeof bytes);
    return bytes;
  }
  return 0;
}

static int fill_slots(struct port *port) {
  static int used = SLOTS; /* slots that must be readied: all at first, then those that the kernel has written into */
  for (int i = 0; i < used; i++) {
    vectors[i] = (struct iovec){slots[i], sizeof slots[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &senders[i], .msg_namelen = sizeof senders[i], .msg_iov = &vectors[i], .msg_iovlen = 1,
                                          .msg_control = controls[i], .msg_controllen = sizeof controls[i]};
  }
  int received = recvmmsg(port->fd, messages, SLOTS, MSG_DONTWAIT, NULL);
  used = received > 0 ? received : 0;
  return received;
}

static int count_slot(struct port *port, struct tally *tally, int slot, int *segment) {
  int length = (int)messages[slot].msg_len;
  *segment = segment_bytes_of(&messages[slot].msg_hdr);
  int step = *segment > 0 ? *segment : length;
  for (int at = 0; at < length; at += step) {
    if (!count(tally, &port->next, slots[slot] + at, length - at < step ? length - at : step)) return 0;
  }
  return 1;
}

static int receive(struct port *port, struct tally *tally) {
  int received = fill_slots(port), segment;
  for (int i = 0; i < received; i++) {
    if (!count_slot(port, tally, i, &segment)) return 0;
  }
  return 1;
}

/* Sends the contents of slots `first` ... `end - 1`, all to one peer, as datagrams of `size` bytes: one run if that is more than one. */
static void answer(struct port *port, int first, int end, int size) {
  char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
  struct iovec parts[SLOTS];
  for (int i = first; i < end; i++) parts[i - first] = (struct iovec){slots[i], messages[i].msg_len};
  struct msghdr run = {.msg_name = &senders[first], .msg_namelen = sizeof senders[first], .msg_iov = parts, .msg_iovlen = (size_t)(end - first)};
  if (end - first > 1 || (int)messages[first].msg_len > size) {
    run.msg_control = control;
    run.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&run);
    *header = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof(uint16_t))};
    uint16_t segment = (uint16_t)size;
    memcpy(CMSG_DATA(header), &segment, sizeof segment);
  }
  require(sendmsg(port->fd, &run, 0) >= 0, "sendmsg");
}

static int echo(struct port *port, struct tally *tally) {
  int received = fill_slots(port), segments[SLOTS];
  for (int i = 0; i < received; i++) {
    if (!count_slot(port, tally, i, &segments[i])) return 0;
  }
  for (int first = 0, end; first < received; first = end) {
    int size = segments[first] > 0 ? segments[first] : (int)messages[first].msg_len;
    for (end = first + 1; segments[first] == 0 && end < received && (end - first + 1) * size <= MAX_DATAGRAM_BYTES; end++) {
      if ((int)messages[end].msg_len != size || memcmp(&senders[end], &senders[first], sizeof senders[end]) != 0) break;
    }
    answer(port, first, end, size);
  }
  return 1;
}

static void send_run(struct sending *sending, int count) {
  char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
  struct iovec vector = {slots[0], (size_t)(count * sending->size)};
  struct msghdr run = {.msg_name = &sending->to[0], .msg_namelen = sizeof sending->to[0], .msg_iov = &vector, .msg_iovlen = 1,
                       .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&run);
  *header = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof(uint16_t))};
  uint16_t segment = (uint16_t)sending->size;
  memcpy(CMSG_DATA(header), &segment, sizeof segment);
  require(sendmsg(sending->fd, &run, 0) >= 0, "sendmsg");
}

static void send_burst(struct sending *sending) {
  int is_run = sending->to_count == 1;
  int count = is_run && MAX_DATAGRAM_BYTES / sending->size < BURST ? MAX_DATAGRAM_BYTES / sending->size : BURST;
  for (int i = 0; i < count; i++) {
    int at = sending->next;
    uint8_t *bytes = slots[0] + i * sending->size;
    sending->next = (at + 1) % sending->to_count;
    fill(bytes, sending->size, sending->numbers[at]++);
    vectors[i] = (struct iovec){bytes, (size_t)sending->size};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &sending->to[at], .msg_namelen = sizeof sending->to[at], .msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  if (is_run) send_run(sending, count);
  else {
    for (int done = 0; done < count;) {
      int sent = sendmmsg(sending->fd, messages + done, (unsigned)(count - done), 0);
      if (sent <= 0) sending->refused++; /* the first of those that are left */
      done += sent > 0 ? sent : 1;
    }
  }
  sending->sent += count;
}

int main(int argc, char **argv) { return run_role(argc, argv, 1, receive, echo, send_burst); }
