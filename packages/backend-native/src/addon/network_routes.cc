#include "network_routes.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cstring>

#include "endpoint.h"
#include "netlink.h"

namespace groupcast {

namespace {

constexpr uint8_t kIpv4Bits = 32;
constexpr uint8_t kIpv6Bits = 128;

using RouteAttributes = Attributes<RTA_MAX + 1>;

std::string format_ip(int family, const void* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, bytes, text, sizeof text);
  return text;
}

/** RTA_GATEWAY, or RTA_VIA, by which an IPv4 route can name an IPv6 gateway (RFC 5549). */
std::string format_gateway(int family, const rtattr* gateway, const rtattr* via) {
  if (gateway != nullptr) return format_ip(family, RTA_DATA(gateway));
  if (via == nullptr) return "";
  const rtvia* other = static_cast<const rtvia*>(RTA_DATA(via));
  return format_ip(other->rtvia_family, other->rtvia_addr);
}

/** Takes interface and gateway, of a route over several the first. */
void read_next_hop(int family, const RouteAttributes& attributes, FoundRoute* route) {
  const rtattr* several = attributes[RTA_MULTIPATH];
  if (several == nullptr || RTA_PAYLOAD(several) < sizeof(rtnexthop)) {
    route->interface_index = number_of(attributes[RTA_OIF]);
    route->gateway = format_gateway(family, attributes[RTA_GATEWAY], attributes[RTA_VIA]);
    return;
  }
  const rtnexthop* hop = static_cast<const rtnexthop*>(RTA_DATA(several));
  const RouteAttributes hop_attributes(RTNH_DATA(hop), static_cast<int>(hop->rtnh_len) - static_cast<int>(sizeof *hop));
  route->interface_index = static_cast<uint32_t>(hop->rtnh_ifindex);
  route->gateway = format_gateway(family, hop_attributes[RTA_GATEWAY], hop_attributes[RTA_VIA]);
}

void read_route(const nlmsghdr& message, FoundRoute* route) {
  const rtmsg* header = static_cast<const rtmsg*>(NLMSG_DATA(&message));
  const RouteAttributes attributes(message, header);
  const rtattr* source = attributes[RTA_PREFSRC];
  read_next_hop(header->rtm_family, attributes, route);
  route->source = source != nullptr ? format_ip(header->rtm_family, RTA_DATA(source)) : "";
}

bool is_main_default(const nlmsghdr& message, int family) {
  const rtmsg* header = static_cast<const rtmsg*>(NLMSG_DATA(&message));
  return message.nlmsg_type == RTM_NEWROUTE && header->rtm_family == family && header->rtm_dst_len == 0 &&
         header->rtm_table == RT_TABLE_MAIN && header->rtm_type == RTN_UNICAST && (header->rtm_flags & RTM_F_CLONED) == 0;
}

}  // namespace

int find_route(const AddressWords& destination, const AddressWords& source, FoundRoute* route) {
  const bool ipv4 = destination.family == 4;
  const uint8_t bits = ipv4 ? kIpv4Bits : kIpv6Bits;
  rtmsg header{};
  header.rtm_family = ipv4 ? AF_INET : AF_INET6;
  header.rtm_dst_len = bits;
  header.rtm_src_len = source.family != 0 ? bits : 0;
  NetlinkRequest request(RTM_GETROUTE, 0, header);
  request.add_attribute(RTA_DST, destination.words, bits / 8);
  if (source.family != 0) request.add_attribute(RTA_SRC, source.words, bits / 8);
  if (destination.scope != 0) request.add_attribute(RTA_OIF, &destination.scope, sizeof destination.scope);
  const int error = request.run([] {}, [&](const nlmsghdr& message) { read_route(message, route); });
  if (error == 0 && source.family != 0) route->source = format_ip(header.rtm_family, source.words);
  return error;
}

int find_default_route(int family, FoundRoute* route) {
  rtmsg header{};
  header.rtm_family = static_cast<uint8_t>(family);
  NetlinkRequest request(RTM_GETROUTE, NLM_F_DUMP, header);
  uint32_t lowest_metric = UINT32_MAX;
  return request.run(
      [&] {
        *route = FoundRoute{};
        lowest_metric = UINT32_MAX;
      },
      [&](const nlmsghdr& message) {
        if (!is_main_default(message, family)) return;
        const RouteAttributes attributes(message, static_cast<const rtmsg*>(NLMSG_DATA(&message)));
        const uint32_t metric = number_of(attributes[RTA_PRIORITY]);
        if (route->interface_index != 0 && metric >= lowest_metric) return;
        lowest_metric = metric;
        read_route(message, route);
      });
}

}  // namespace groupcast
