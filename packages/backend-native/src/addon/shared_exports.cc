#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "endpoint.h"
#include "exports.h"
#include "file_descriptor.h"
#include "socket_options.h"

using namespace groupcast;

namespace {

napi_value layout_version(Arguments& arguments) { return arguments.result(kLayoutVersion); }

/** Takes the functions that the loop calls. */
napi_value configure(Arguments& arguments) {
  napi_value functions = arguments.object(0);
  if (arguments.valid() && !arguments.environment().configure(functions)) arguments.reject("expected all callbacks");
  return nullptr;
}

/** The ArrayBuffer of SharedTables. */
napi_value tables(Arguments& arguments) { return arguments.environment().tables_buffer(); }

/** The ArrayBuffer that datagrams are received into; another one after somebody has detached it. */
napi_value slab(Arguments& arguments) {
  arguments.environment().slab();
  return arguments.environment().slab_buffer();
}

/** Parses an IP literal without zone into address 0: 0, or -EINVAL. */
napi_value parse_address(Arguments& arguments) {
  const char* text = arguments.text(0);
  AddressWords& address = arguments.environment().tables().addresses[0];
  in_addr v4;
  in6_addr v6;
  if (inet_pton(AF_INET, text, &v4) == 1) {
    address = to_words(v4);
  } else if (inet_pton(AF_INET6, text, &v6) == 1) {
    address = to_words(v6);
  } else {
    return arguments.result(-EINVAL);
  }
  return arguments.result(0);
}

/** Writes address 0 as an IP literal without zone; inet_ntop compresses as RFC 5952 asks. */
napi_value format_address(Arguments& arguments) {
  const AddressWords& address = arguments.environment().tables().addresses[0];
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(address.family == 4 ? AF_INET : AF_INET6, address.words, text, sizeof text);
  return arguments.result(text);
}

/** The name of an interface, "" if it is gone; a negative errno if the kernel was not asked. */
napi_value interface_name(Arguments& arguments) {
  ifreq request{};
  request.ifr_ifindex = arguments.number(0);
  // As below: if_indextoname(3) says ENXIO without free descriptors, too.
  FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return arguments.result(-errno);
  if (ioctl(socket.get(), SIOCGIFNAME, &request) != 0) request.ifr_name[0] = '\0';
  return arguments.result(request.ifr_name);
}

/** The index of an interface; -ENODEV if there is none of that name, another errno if the kernel was not asked. */
napi_value interface_index(Arguments& arguments) {
  const char* name = arguments.text(0);
  if (!arguments.valid()) return nullptr;
  ifreq request{};
  if (strlen(name) >= sizeof request.ifr_name) return arguments.result(-ENODEV);
  strcpy(request.ifr_name, name);
  // netdevice(7). if_nametoindex(3) does the same, but without free descriptors its errno is ENOENT.
  FileDescriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const bool found = socket.valid() && ioctl(socket.get(), SIOCGIFINDEX, &request) == 0;
  return arguments.result(found ? request.ifr_ifindex : -errno);
}

/** Names of the socket options, as an array. */
napi_value option_names(Arguments& arguments) {
  napi_value names = nullptr;
  napi_create_array(arguments.env(), &names);
  const char* const* name = socket_option_names();
  for (uint32_t i = 0; name[i] != nullptr; i++) napi_set_element(arguments.env(), names, i, arguments.result(name[i]));
  return names;
}

constexpr size_t kAlignment = 8;  // as Buffer's own pool: typed arrays over a datagram may need it

size_t align(size_t position) { return (position + kAlignment - 1) / kAlignment * kAlignment; }

/** Copies datagrams of at most `max_bytes` from the slab into a chunk, from `first` while there is room; returns the index of the next. */
napi_value gather(Arguments& arguments) {
  const Bytes chunk = arguments.bytes(0);
  size_t position = static_cast<size_t>(arguments.number(1));
  const int first = arguments.number(2);
  const int end = std::min(arguments.number(3), kMaxEntries);
  const size_t max_bytes = static_cast<size_t>(arguments.number(4));
  uint8_t* source = arguments.environment().slab();
  if (!arguments.valid() || source == nullptr || first < 0) return arguments.result(first);
  EntryRow* entries = arguments.environment().tables().entries;
  int entry = first;
  for (; entry < end; entry++) {
    const size_t length = static_cast<size_t>(entries[entry].length);
    if (length > max_bytes || position > chunk.length || length > chunk.length - position) break;
    if (length > 0) memcpy(chunk.start + position, source + entries[entry].offset, length);
    entries[entry].copied_at = static_cast<int32_t>(position);
    position = align(position + length);
  }
  return arguments.result(entry);
}

/**
 * The end of a run, at most `end`: datagrams from `first` on that come from one sender, begin with the same `prefix_bytes`, and have at least
 * `least_bytes`. -EINVAL where that is not of this batch.
 */
napi_value run_end(Arguments& arguments) {
  const int first = arguments.number(0);
  const int end = std::min(arguments.number(1), kMaxEntries);
  const int32_t prefix_bytes = arguments.number(2);
  const int32_t least_bytes = std::max(arguments.number(3), prefix_bytes);
  const uint8_t* slab = arguments.environment().slab();
  if (!arguments.valid() || slab == nullptr || first < 0 || first >= end || prefix_bytes < 0) return arguments.result(-EINVAL);
  const SharedTables& tables = arguments.environment().tables();
  const EntryRow& head = tables.entries[first];
  if (head.length < prefix_bytes) return arguments.result(-EINVAL);
  const AddressWords& sender = tables.slots[head.slot].from;
  int entry = first + 1;
  for (; entry < end; entry++) {
    const EntryRow& next = tables.entries[entry];
    if (next.length < least_bytes) break;
    if (next.slot != head.slot && memcmp(&tables.slots[next.slot].from, &sender, sizeof sender) != 0) break;
    if (memcmp(slab + next.offset, slab + head.offset, static_cast<size_t>(prefix_bytes)) != 0) break;
  }
  return arguments.result(entry);
}

}  // namespace

napi_status groupcast::add_shared_exports(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      EXPORT(layout_version), EXPORT(configure),      EXPORT(tables),          EXPORT(slab),         EXPORT(parse_address),
      EXPORT(format_address), EXPORT(interface_name), EXPORT(interface_index), EXPORT(option_names), EXPORT(gather),
      EXPORT(run_end),
  };
  return napi_define_properties(env, exports, sizeof properties / sizeof properties[0], properties);
}
