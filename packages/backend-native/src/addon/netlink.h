#ifndef GROUPCAST_NETLINK_H_
#define GROUPCAST_NETLINK_H_

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <functional>

#include "file_descriptor.h"

namespace groupcast {

/** A request to the kernel's routing tables, and its answers: rtnetlink(7). */
class NetlinkRequest {
 public:
  /** `header` follows nlmsghdr: ifinfomsg, ifaddrmsg or rtmsg. */
  template <typename Header>
  NetlinkRequest(uint16_t type, uint16_t flags, const Header& header) : NetlinkRequest(type, flags, &header, sizeof header) {}

  void add_attribute(uint16_t type, const void* value, size_t bytes);

  /**
   * Calls `visit` for each message of the answer. Reads a dump again, after `restart`, when its tables changed meanwhile; -EINTR when they
   * change faster than that. 0 or negative errno.
   */
  int run(const std::function<void()>& restart, const std::function<void(const nlmsghdr&)>& visit);

 private:
  NetlinkRequest(uint16_t type, uint16_t flags, const void* header, size_t bytes);

  static constexpr size_t kMaxBytes = 256;
  alignas(nlmsghdr) uint8_t bytes_[kMaxBytes] = {};
};

/** Opens a NETLINK_ROUTE socket that receives the messages of the RTMGRP_… `groups`; invalid, with errno set, when that fails. */
FileDescriptor open_netlink(uint32_t groups);

/** The attributes of one message, by type; absent ones are nullptr. */
template <size_t kCount>
class Attributes {
 public:
  template <typename Header>
  Attributes(const nlmsghdr& message, const Header*)
      : Attributes(reinterpret_cast<const rtattr*>(static_cast<const uint8_t*>(NLMSG_DATA(&message)) + NLMSG_ALIGN(sizeof(Header))),
                   NLMSG_PAYLOAD(&message, sizeof(Header))) {}
  Attributes(const rtattr* attribute, int length) {
    for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
      const size_t type = attribute->rta_type & NLA_TYPE_MASK;
      if (type < kCount) attributes_[type] = attribute;
    }
  }

  const rtattr* operator[](size_t type) const { return attributes_[type]; }

 private:
  const rtattr* attributes_[kCount] = {};
};

/** The value of an attribute that holds a uint32_t; 0 where it is absent. */
uint32_t number_of(const rtattr* attribute);

}  // namespace groupcast

#endif  // GROUPCAST_NETLINK_H_
