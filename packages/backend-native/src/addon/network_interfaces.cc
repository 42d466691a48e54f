#include "network_interfaces.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "js_object.h"
#include "netlink.h"

namespace groupcast {

namespace {

constexpr size_t kMacBytes = 6;

struct LinkAddress {
  int family;
  int prefix_length;
  std::string address;
  std::string broadcast;
};

struct Link {
  uint32_t index;
  unsigned flags;
  uint32_t mtu;
  std::string name;
  std::string mac;
  std::vector<LinkAddress> addresses;
};

/** "02:00:00:00:00:01"; empty for links that have no such address: loopback (all zero), tunnels (an IP address). */
std::string format_mac(const rtattr* attribute) {
  if (attribute == nullptr || RTA_PAYLOAD(attribute) != kMacBytes) return "";
  uint8_t mac[kMacBytes];
  memcpy(mac, RTA_DATA(attribute), sizeof mac);
  const uint8_t none[kMacBytes] = {};
  if (memcmp(mac, none, sizeof mac) == 0) return "";
  char text[kMacBytes * 3];
  snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
  return text;
}

std::string format_ip(int family, const rtattr* attribute) {
  char text[INET6_ADDRSTRLEN] = "";
  if (attribute != nullptr) inet_ntop(family, RTA_DATA(attribute), text, sizeof text);
  return text;
}

Link read_link(const nlmsghdr& message) {
  const ifinfomsg* header = static_cast<const ifinfomsg*>(NLMSG_DATA(&message));
  const Attributes<IFLA_MTU + 1> attributes(message, header);
  Link link{};
  link.index = static_cast<uint32_t>(header->ifi_index);
  link.flags = header->ifi_flags;
  link.mtu = number_of(attributes[IFLA_MTU]);
  if (attributes[IFLA_IFNAME] != nullptr) link.name = static_cast<const char*>(RTA_DATA(attributes[IFLA_IFNAME]));
  link.mac = format_mac(attributes[IFLA_ADDRESS]);
  return link;
}

void read_address(const nlmsghdr& message, std::vector<Link>* links) {
  const ifaddrmsg* header = static_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
  if (header->ifa_family != AF_INET && header->ifa_family != AF_INET6) return;
  const Attributes<IFA_MAX + 1> attributes(message, header);
  // IFA_ADDRESS is the other end of a point-to-point link, where IFA_LOCAL is ours: linux/if_addr.h.
  const rtattr* own = attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
  for (Link& link : *links) {
    if (link.index != header->ifa_index) continue;
    link.addresses.push_back({header->ifa_family == AF_INET ? 4 : 6, header->ifa_prefixlen, format_ip(header->ifa_family, own),
                              format_ip(header->ifa_family, attributes[IFA_BROADCAST])});
  }
}

int read_links(std::vector<Link>* links) {
  ifinfomsg all_links{};
  NetlinkRequest link_request(RTM_GETLINK, NLM_F_DUMP, all_links);
  const int error = link_request.run([&] { links->clear(); },
                                     [&](const nlmsghdr& message) {
                                       if (message.nlmsg_type == RTM_NEWLINK) links->push_back(read_link(message));
                                     });
  if (error != 0) return error;
  ifaddrmsg all_addresses{};
  NetlinkRequest address_request(RTM_GETADDR, NLM_F_DUMP, all_addresses);
  return address_request.run(
      [&] {
        for (Link& link : *links) link.addresses.clear();
      },
      [&](const nlmsghdr& message) {
        if (message.nlmsg_type == RTM_NEWADDR) read_address(message, links);
      });
}

napi_value to_js(napi_env env, const LinkAddress& address) {
  return JsObject(env)
      .set_text("address", address.address)
      .set_number("family", static_cast<uint32_t>(address.family))
      .set_number("prefixLength", static_cast<uint32_t>(address.prefix_length))
      .set_text("broadcast", address.broadcast)
      .value();
}

napi_value flags_to_js(napi_env env, unsigned flags) {
  return JsObject(env)
      .set_boolean("up", (flags & IFF_UP) != 0)
      .set_boolean("running", (flags & IFF_RUNNING) != 0)
      .set_boolean("loopback", (flags & IFF_LOOPBACK) != 0)
      .set_boolean("multicast", (flags & IFF_MULTICAST) != 0)
      .set_boolean("broadcast", (flags & IFF_BROADCAST) != 0)
      .set_boolean("pointToPoint", (flags & IFF_POINTOPOINT) != 0)
      .value();
}

napi_value to_js(napi_env env, const Link& link) {
  napi_value addresses = nullptr;
  napi_create_array_with_length(env, link.addresses.size(), &addresses);
  for (uint32_t i = 0; i < link.addresses.size(); i++) napi_set_element(env, addresses, i, to_js(env, link.addresses[i]));
  return JsObject(env)
      .set_text("name", link.name)
      .set_number("index", link.index)
      .set("addresses", addresses)
      .set_text("mac", link.mac)
      .set_number("mtu", link.mtu)
      .set("flags", flags_to_js(env, link.flags))
      .value();
}

}  // namespace

int list_interfaces(napi_env env, napi_value* result) {
  std::vector<Link> links;
  const int error = read_links(&links);
  if (error != 0) return error;
  napi_create_array_with_length(env, links.size(), result);
  for (uint32_t i = 0; i < links.size(); i++) napi_set_element(env, *result, i, to_js(env, links[i]));
  return 0;
}

}  // namespace groupcast
