#include "error_queue.h"

#include <sys/socket.h>
#include <time.h>

#include <cerrno>
#include <cstring>

#include <linux/errqueue.h>  // needs struct timespec of <time.h>, and does not include it

#include "endpoint.h"

namespace groupcast {

namespace {

constexpr int kMaxEntriesPerDrain = 256;  // more wait for the next turn of the loop
constexpr size_t kControlBytes = 512;     // the error with its offender's address, and what else the socket asked for

bool find_icmp_error(msghdr& message, sock_extended_err* error) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    const bool queued = (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVERR) ||
                        (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_RECVERR);
    if (!queued) continue;
    memcpy(error, CMSG_DATA(control), sizeof *error);
    return error->ee_origin == SO_EE_ORIGIN_ICMP || error->ee_origin == SO_EE_ORIGIN_ICMP6;
  }
  return false;
}

}  // namespace

int drain_error_queue(int fd, std::vector<LateFailure>* failures) {
  int found = 0;
  for (int i = 0; i < kMaxEntriesPerDrain; i++) {
    Endpoint peer{};
    alignas(cmsghdr) uint8_t control[kControlBytes];
    msghdr message{};
    message.msg_name = &peer;
    message.msg_namelen = sizeof peer;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    sock_extended_err error{};
    if (!find_icmp_error(message, &error)) continue;
    failures->push_back({-static_cast<int>(error.ee_errno), to_words(peer)});
    found++;
  }
  return found;
}

bool is_icmp_error(int error) {
  switch (-error) {
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENONET:
    case EPROTO:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case EMSGSIZE:
    case EACCES: return true;
    default: return false;
  }
}

}  // namespace groupcast
