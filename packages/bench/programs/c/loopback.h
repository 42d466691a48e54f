#ifndef BENCH_LOOPBACK_H_
#define BENCH_LOOPBACK_H_

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>

#include "sockets.h"

/*
 * For a network namespace of the benchmark's own. A sender that calls the kernel once a datagram cannot keep a fast receiver busy on
 * two cores. One that sends runs (UDP_SEGMENT) can: with segmentation switched off for the interface the kernel cuts them up on the
 * sender's side (validate_xmit_skb() of net/core/dev.c), and the receiver gets single datagrams, as from many senders.
 */
#define SEGMENTATION "tx-udp-segmentation" /* net/ethtool/common.c */

static inline int feature_index(int fd, struct ifreq *request, const char *name, int *total) {
  struct {
    struct ethtool_sset_info header;
    uint32_t length;
  } info = {{.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}, 0};
  request->ifr_data = (char *)&info;
  require(ioctl(fd, SIOCETHTOOL, request) == 0, "ETHTOOL_GSSET_INFO");
  *total = (int)info.length;
  struct ethtool_gstrings *names = calloc(1, sizeof *names + info.length * ETH_GSTRING_LEN);
  *names = (struct ethtool_gstrings){.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = info.length};
  request->ifr_data = (char *)names;
  require(ioctl(fd, SIOCETHTOOL, request) == 0, "ETHTOOL_GSTRINGS");
  int found = -1;
  for (int i = 0; i < *total && found < 0; i++) {
    if (strncmp((char *)names->data + i * ETH_GSTRING_LEN, name, ETH_GSTRING_LEN) == 0) found = i;
  }
  free(names);
  return found;
}

static inline void set_up_loopback(int segmentation) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), total = 0;
  struct ifreq request = {.ifr_name = "lo"};
  require(ioctl(fd, SIOCGIFFLAGS, &request) == 0, "SIOCGIFFLAGS");
  request.ifr_flags |= IFF_UP | IFF_MULTICAST;
  require(ioctl(fd, SIOCSIFFLAGS, &request) == 0, "SIOCSIFFLAGS");
  int index = feature_index(fd, &request, SEGMENTATION, &total);
  require(index >= 0, SEGMENTATION);
  size_t blocks = ((size_t)total + 31) / 32;
  struct ethtool_sfeatures *features = calloc(1, sizeof *features + blocks * sizeof features->features[0]);
  features->cmd = ETHTOOL_SFEATURES;
  features->size = (uint32_t)blocks;
  features->features[index / 32] = (struct ethtool_set_features_block){.valid = 1u << index % 32, .requested = (uint32_t)segmentation << index % 32};
  request.ifr_data = (char *)features;
  require(ioctl(fd, SIOCETHTOOL, &request) >= 0, "ETHTOOL_SFEATURES");
  free(features);
  close(fd);
}

#endif
