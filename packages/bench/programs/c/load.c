/* The other end of every benchmark: sends, receives or asks, for a bounded time. `load flood|sink|echo|loopback name=value ...` */
#define _GNU_SOURCE
#include <poll.h>
#include <sys/prctl.h>
#include <signal.h>

#include "datagram.h"
#include "loopback.h"
#include "sockets.h"

#define BATCH 64
#define MAX_DESTINATIONS 4096
#define END_REPEATS 1000 /* over two seconds, on a busy machine; who has heard is gone, and then this program is ended */

static union endpoint destinations[MAX_DESTINATIONS];
static uint32_t numbers[MAX_DESTINATIONS];

/* ---- flood: as fast as it can, or at `rate` ---- */

struct flood {
  int fds[64], flows;
  int size, destination_count;
  int gso;
  int is_one_sequence; /* all destinations are one receiver's */
  double rate, tick; /* datagrams a second; seconds between bursts, 0: evenly spaced */
  int next;
  long sent;
  uint8_t *bytes;
};

static void number_datagrams(struct flood *flood, struct mmsghdr *messages, int count) {
  for (int i = 0; i < count; i++) {
    int at = flood->next;
    flood->next = (flood->next + 1) % flood->destination_count;
    fill(messages[i].msg_hdr.msg_iov->iov_base, flood->size, numbers[flood->is_one_sequence ? 0 : at]++);
    if (flood->destination_count == 1) continue; /* connected */
    messages[i].msg_hdr.msg_name = &destinations[at];
    messages[i].msg_hdr.msg_namelen = sizeof destinations[at];
  }
}

static void send_batch(struct flood *flood, int fd, int count) {
  struct mmsghdr messages[BATCH] = {0};
  struct iovec vectors[BATCH];
  for (int i = 0; i < count; i++) {
    vectors[i] = (struct iovec){flood->bytes + i * flood->size, (size_t)flood->size};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  number_datagrams(flood, messages, count);
  for (int done = 0; done < count;) {
    int sent = sendmmsg(fd, messages + done, (unsigned)(count - done), 0);
    require(sent > 0, "sendmmsg");
    done += sent;
  }
  flood->sent += count;
}

/* Returns the number of datagrams of `size` bytes that one run holds. */
static int run_length(int size) { return MAX_DATAGRAM_BYTES / size < BATCH ? MAX_DATAGRAM_BYTES / size : BATCH; }

/* Sends `count` datagrams that lie side by side as one run. */
static void send_run(int fd, uint8_t *bytes, int size, int count) {
  char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
  struct iovec vector = {bytes, (size_t)(count * size)};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  *header = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof(uint16_t))};
  uint16_t segment = (uint16_t)size;
  memcpy(CMSG_DATA(header), &segment, sizeof segment);
  require(sendmsg(fd, &message, 0) >= 0, "sendmsg with UDP_SEGMENT");
}

static void send_segmented(struct flood *flood, int fd) {
  int count = run_length(flood->size);
  for (int i = 0; i < count; i++) fill(flood->bytes + i * flood->size, flood->size, numbers[0]++);
  send_run(fd, flood->bytes, flood->size, count);
  flood->sent += count;
}

static void flood_for(struct flood *flood, double seconds, uint32_t first) {
  for (int i = 0; i < flood->destination_count; i++) numbers[i] = first;
  flood->sent = 0;
  double start = seconds_now(), elapsed = 0;
  for (int turn = 0; elapsed < seconds; turn++, elapsed = seconds_now() - start) {
    int fd = flood->fds[turn % flood->flows];
    if (flood->gso) send_segmented(flood, fd);
    else if (flood->rate == 0) send_batch(flood, fd, BATCH);
    else {
      double due = flood->tick > 0 ? (double)(long)(elapsed / flood->tick) * flood->tick * flood->rate : elapsed * flood->rate;
      if ((double)flood->sent < due) send_batch(flood, fd, 1);
    }
  }
}

static void send_end(struct flood *flood) {
  uint32_t end = END;
  usleep(30000); /* queued datagrams are read meanwhile: a receive buffer holds some hundred */
  for (int i = 0; i < END_REPEATS; i++) {
    for (int flow = 0; flow < flood->flows; flow++) {
      if (sendto(flood->fds[flow], &end, sizeof end, 0, &destinations[0].any, sizeof destinations[0]) < 0) return; /* the other end has closed: it got END */
    }
    usleep(2000);
  }
}

/* Returns a socket on the loopback address of the family of `to`. */
static int open_beside(const union endpoint *to) { return open_bound(to->any.sa_family == AF_INET6 ? "::1" : "127.0.0.1", 0, 0, 0); }

static int flood(int argc, char **argv) {
  struct flood flood = {.size = (int)option(argc, argv, "size", 64), .flows = (int)option(argc, argv, "flows", 1),
                        .gso = (int)option(argc, argv, "gso", 0), .rate = option(argc, argv, "rate", 0), .tick = option(argc, argv, "tick", 0),
                        .is_one_sequence = (int)option(argc, argv, "sequences", 2) == 1};
  flood.destination_count = read_destinations(text_option(argc, argv, "to", ""), destinations, MAX_DESTINATIONS);
  require(flood.destination_count > 0, "to");
  flood.bytes = calloc(BATCH, MAX_DATAGRAM_BYTES);
  for (int i = 0; i < flood.flows; i++) {
    flood.fds[i] = open_beside(&destinations[0]);
    if (destinations[0].any.sa_family == AF_INET) send_multicast_on_loopback(flood.fds[i]);
    if (flood.destination_count == 1) connect(flood.fds[i], &destinations[0].any, sizeof destinations[0]);
  }
  flood_for(&flood, option(argc, argv, "warm", 0.5), 0);
  double start = seconds_now();
  flood_for(&flood, option(argc, argv, "seconds", 1), MEASURED);
  printf("result sent=%ld seconds=%.6f\n", flood.sent, seconds_now() - start);
  fflush(stdout);
  send_end(&flood);
  return 0;
}

/* ---- sink: receives on `ports` sockets until its standard input ends ---- */

static int segment_bytes_of(struct msghdr *message) {
  for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL; control = CMSG_NXTHDR(message, control)) {
    int bytes;
    if (control->cmsg_level != SOL_UDP || control->cmsg_type != UDP_GRO) continue;
    memcpy(&bytes, CMSG_DATA(control), sizeof bytes);
    return bytes;
  }
  return 0;
}

static void drain(int fd, struct tally *tally, uint32_t *next) {
  static uint8_t slots[BATCH][65536];
  struct mmsghdr messages[BATCH] = {0};
  struct iovec vectors[BATCH];
  char controls[BATCH][CMSG_SPACE(sizeof(int))];
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){slots[i], sizeof slots[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1, .msg_control = controls[i], .msg_controllen = sizeof controls[i]};
  }
  int received = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
  for (int i = 0; i < received; i++) {
    int length = (int)messages[i].msg_len, segment = segment_bytes_of(&messages[i].msg_hdr);
    if (segment == 0) segment = length;
    for (int at = 0; at < length; at += segment) count(tally, next, slots[i] + at, length - at < segment ? length - at : segment);
  }
}

static int sink(int argc, char **argv) {
  int ports = (int)option(argc, argv, "ports", 1);
  const char *group = text_option(argc, argv, "group", NULL);
  struct tally tally = {.size = (int)option(argc, argv, "size", 64)};
  uint32_t *next = calloc((size_t)ports, sizeof *next);
  struct pollfd *watched = calloc((size_t)ports + 1, sizeof *watched);
  printf("ready");
  for (int i = 0; i < ports; i++) {
    int fd = open_bound(group == NULL ? text_option(argc, argv, "host", "127.0.0.1") : "0.0.0.0", 0, 0, SOCK_NONBLOCK);
    set_option(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20, "SO_RCVBUF");
    set_option(fd, SOL_UDP, UDP_GRO, 1, "UDP_GRO");
    if (group != NULL) join_on_loopback(fd, group);
    watched[i] = (struct pollfd){fd, POLLIN, 0};
    printf(" %d", port_of(fd));
  }
  printf("\n");
  fflush(stdout);
  watched[ports] = (struct pollfd){STDIN_FILENO, POLLIN | POLLHUP, 0};
  while (poll(watched, (nfds_t)ports + 1, -1) > 0) {
    int is_idle = 1;
    for (int i = 0; i < ports; i++) {
      if ((watched[i].revents & POLLIN) == 0) continue;
      is_idle = 0;
      drain(watched[i].fd, &tally, &next[i]);
    }
    if (is_idle && watched[ports].revents != 0) break;
  }
  print_tally(&tally);
  return 0;
}

/* ---- echo: keeps `window` datagrams in flight, and measures the time of each ---- */

#define RING 65536
#define BUCKET_NS 100
#define BUCKETS 1000000 /* of 0.1 us: round trips up to 100 ms */
#define LOST_AFTER_S 0.1

static double sent_at[RING];
static uint32_t histogram[BUCKETS];

struct asker {
  int fd, size, window, gso, in_flight;
  uint32_t number, oldest;
  long answered, lost, corrupted;
};

static void send_singly(int fd, uint8_t *bytes, int size, int count) {
  struct mmsghdr messages[BATCH] = {0};
  struct iovec vectors[BATCH];
  for (int i = 0; i < count; i++) {
    vectors[i] = (struct iovec){bytes + i * size, (size_t)size};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
  }
  for (int done = 0; done < count;) {
    int sent = sendmmsg(fd, messages + done, (unsigned)(count - done), 0);
    require(sent > 0, "sendmmsg");
    done += sent;
  }
}

static void ask(struct asker *asker) {
  static uint8_t bytes[MAX_DATAGRAM_BYTES];
  int size = asker->size, longest = run_length(size);
  while (asker->in_flight < asker->window) {
    int wanted = asker->window - asker->in_flight < longest ? asker->window - asker->in_flight : longest;
    double now = seconds_now();
    for (int i = 0; i < wanted; i++) {
      uint32_t number = asker->number++;
      fill(bytes + i * size, size, number);
      sent_at[number % RING] = now;
    }
    if (asker->gso && wanted > 1) send_run(asker->fd, bytes, size, wanted);
    else send_singly(asker->fd, bytes, size, wanted);
    asker->in_flight += wanted;
  }
}

static void take_answer(struct asker *asker, const uint8_t *bytes, int length, double now) {
  uint32_t number = number_of(bytes);
  if (number - asker->oldest > RING) return; /* given up before, or part of the warm-up */
  if (length != asker->size || ((number & SAMPLE) == 0 && !is_intact(bytes, length, number))) asker->corrupted++;
  long bucket = (long)((now - sent_at[number % RING]) * 1e9) / BUCKET_NS;
  histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
  asker->answered++;
  asker->in_flight--;
}

static int take_answers(struct asker *asker) {
  static uint8_t slots[BATCH][65536];
  struct mmsghdr messages[BATCH] = {0};
  struct iovec vectors[BATCH];
  char controls[BATCH][CMSG_SPACE(sizeof(int))];
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){slots[i], sizeof slots[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1, .msg_control = controls[i], .msg_controllen = sizeof controls[i]};
  }
  int received = recvmmsg(asker->fd, messages, BATCH, MSG_DONTWAIT, NULL);
  double now = seconds_now();
  for (int i = 0; i < received; i++) {
    int length = (int)messages[i].msg_len, segment = segment_bytes_of(&messages[i].msg_hdr);
    if (segment == 0) segment = length;
    for (int at = 0; at < length; at += segment) take_answer(asker, slots[i] + at, length - at < segment ? length - at : segment, now);
  }
  return received > 0;
}

static double ask_for(struct asker *asker, double seconds, uint32_t first) {
  asker->number = asker->oldest = first;
  asker->in_flight = 0;
  asker->answered = asker->lost = asker->corrupted = 0;
  memset(histogram, 0, sizeof histogram);
  double start = seconds_now(), heard = start, now = start;
  for (; now - start < seconds; now = seconds_now()) {
    ask(asker);
    if (take_answers(asker)) heard = now;
    else if (now - heard > LOST_AFTER_S) {
      asker->lost += asker->in_flight;
      asker->in_flight = 0;
      asker->oldest = asker->number;
      heard = now;
    }
    if (asker->number - asker->oldest > RING / 2) asker->oldest = asker->number - RING / 2;
  }
  return now - start;
}

static double percentile_us(const struct asker *asker, double share) {
  long wanted = (long)((double)asker->answered * share), seen = 0;
  int bucket = 0;
  while (bucket < BUCKETS - 1 && (seen += histogram[bucket]) <= wanted) bucket++;
  return bucket * (BUCKET_NS / 1000.0);
}

static int echo(int argc, char **argv) {
  struct asker asker = {.size = (int)option(argc, argv, "size", 64), .window = (int)option(argc, argv, "window", 1),
                        .gso = (int)option(argc, argv, "gso", 0)};
  union endpoint to;
  require(read_destinations(text_option(argc, argv, "to", ""), &to, 1) == 1, "to");
  asker.fd = open_beside(&to);
  require(connect(asker.fd, &to.any, sizeof to) == 0, "connect");
  if (option(argc, argv, "gro", 1) != 0) set_option(asker.fd, SOL_UDP, UDP_GRO, 1, "UDP_GRO");
  ask_for(&asker, option(argc, argv, "warm", 0.5), 0);
  usleep(20000);
  while (take_answers(&asker)) continue;
  double seconds = ask_for(&asker, option(argc, argv, "seconds", 1), MEASURED);
  printf("result answered=%ld lost=%ld corrupted=%ld seconds=%.6f p50Us=%.1f p99Us=%.1f p999Us=%.1f\n", asker.answered, asker.lost,
         asker.corrupted, seconds, percentile_us(&asker, 0.5), percentile_us(&asker, 0.99), percentile_us(&asker, 0.999));
  fflush(stdout);
  uint32_t end = END;
  usleep(30000);
  for (int i = 0; i < END_REPEATS; i++) {
    if (send(asker.fd, &end, sizeof end, 0) < 0) break; /* the other end has closed: it got END */
    usleep(2000);
  }
  return 0;
}

int main(int argc, char **argv) {
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* no program reads the result of an orphan */
  const char *role = argc > 1 ? argv[1] : "";
  if (strcmp(role, "flood") == 0) return flood(argc, argv);
  if (strcmp(role, "sink") == 0) return sink(argc, argv);
  if (strcmp(role, "echo") == 0) return echo(argc, argv);
  if (strcmp(role, "loopback") == 0) {
    set_up_loopback((int)option(argc, argv, "segmentation", 1));
    return 0;
  }
  fprintf(stderr, "usage: load flood|sink|echo|loopback name=value ...\n");
  return 2;
}
