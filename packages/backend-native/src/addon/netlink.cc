#include "netlink.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

namespace groupcast {

namespace {

constexpr size_t kAnswerBytes = 64 * 1024;  // the kernel fills at most 32 KiB of a dump at once: netlink_dump
constexpr int kMaxRestarts = 8;             // interfaces that change faster than this cannot be listed
constexpr int kInterrupted = -EINTR;

/** Reads the answers to one request; 0 at its end, kInterrupted when the tables changed meanwhile, else negative errno. */
int read_answers(int fd, uint8_t* buffer, bool dump, const std::function<void(const nlmsghdr&)>& visit) {
  bool interrupted = false;
  for (;;) {
    const ssize_t received = recv(fd, buffer, kAnswerBytes, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) return -errno;
    int length = static_cast<int>(received);
    for (const nlmsghdr* message = reinterpret_cast<const nlmsghdr*>(buffer); NLMSG_OK(message, static_cast<unsigned>(length));
         message = NLMSG_NEXT(message, length)) {
      interrupted = interrupted || (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (message->nlmsg_type == NLMSG_DONE) return interrupted ? kInterrupted : 0;
      if (message->nlmsg_type == NLMSG_ERROR) return static_cast<const nlmsgerr*>(NLMSG_DATA(message))->error;
      visit(*message);
      if (!dump) return 0;
    }
  }
}

}  // namespace

NetlinkRequest::NetlinkRequest(uint16_t type, uint16_t flags, const void* header, size_t bytes) {
  nlmsghdr* message = reinterpret_cast<nlmsghdr*>(bytes_);
  message->nlmsg_type = type;
  message->nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  message->nlmsg_len = static_cast<uint32_t>(NLMSG_LENGTH(bytes));
  memcpy(NLMSG_DATA(message), header, bytes);
}

void NetlinkRequest::add_attribute(uint16_t type, const void* value, size_t bytes) {
  nlmsghdr* message = reinterpret_cast<nlmsghdr*>(bytes_);
  const size_t at = NLMSG_ALIGN(message->nlmsg_len);
  if (at + RTA_SPACE(bytes) > kMaxBytes) return;  // cannot be: requests hold two addresses at most
  rtattr* attribute = reinterpret_cast<rtattr*>(bytes_ + at);
  attribute->rta_type = type;
  attribute->rta_len = static_cast<uint16_t>(RTA_LENGTH(bytes));
  memcpy(RTA_DATA(attribute), value, bytes);
  message->nlmsg_len = static_cast<uint32_t>(at + RTA_SPACE(bytes));
}

int NetlinkRequest::run(const std::function<void()>& restart, const std::function<void(const nlmsghdr&)>& visit) {
  const nlmsghdr* message = reinterpret_cast<const nlmsghdr*>(bytes_);
  const bool dump = (message->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  std::unique_ptr<uint8_t[]> buffer(new (std::nothrow) uint8_t[kAnswerBytes]);
  if (buffer == nullptr) return -ENOMEM;
  int outcome = kInterrupted;
  for (int i = 0; i < kMaxRestarts && outcome == kInterrupted; i++) {
    FileDescriptor netlink = open_netlink(0);
    if (!netlink.valid()) return -errno;
    restart();
    if (::send(netlink.get(), bytes_, message->nlmsg_len, 0) < 0) return -errno;
    outcome = read_answers(netlink.get(), buffer.get(), dump, visit);
  }
  return outcome;
}

FileDescriptor open_netlink(uint32_t groups) {
  const int nonblocking = groups != 0 ? SOCK_NONBLOCK : 0;
  FileDescriptor netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | nonblocking, NETLINK_ROUTE));
  if (!netlink.valid()) return netlink;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(netlink.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    netlink.reset();
    errno = error;
  }
  return netlink;
}

uint32_t number_of(const rtattr* attribute) {
  uint32_t value = 0;
  if (attribute != nullptr && RTA_PAYLOAD(attribute) >= sizeof value) memcpy(&value, RTA_DATA(attribute), sizeof value);
  return value;
}

}  // namespace groupcast
