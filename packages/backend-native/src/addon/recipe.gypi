{
  "variables": {
    "addon_sources": [
      "addon.cc",
      "arguments.cc",
      "busy_poll.cc",
      "control_messages.cc",
      "datagram_socket.cc",
      "datagram_socket_events.cc",
      "datagram_socket_sending.cc",
      "endpoint.cc",
      "environment.cc",
      "error_queue.cc",
      "incoming.cc",
      "memberships.cc",
      "multicast_exports.cc",
      "netlink.cc",
      "network_exports.cc",
      "network_interfaces.cc",
      "network_routes.cc",
      "network_watch.cc",
      "outgoing.cc",
      "poll_watcher.cc",
      "segment_limits.cc",
      "shared_exports.cc",
      "socket_exports.cc",
      "socket_options.cc"
    ],
    "addon_defines": ["NAPI_VERSION=8", "NODE_GYP_MODULE_NAME=groupcast", "BUILDING_NODE_EXTENSION"],
    "addon_compiler_flags": [
      "-std=c++17",
      "-O3",
      "-fPIC",
      "-fvisibility=hidden",
      "-fno-exceptions",
      "-fno-rtti",
      "-fomit-frame-pointer",
      "-Wall",
      "-Wextra",
      "-Wno-missing-field-initializers"
    ],
    "addon_linker_flags": ["-shared", "-Wl,-z,relro,-z,now"],
    "addon_strip_flags": ["-s"],
    "addon_sanitizer_flags": ["-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-g"]
  }
}
