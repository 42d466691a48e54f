{
  # Not at the package's root, where npm would take it for an order to compile at installation.
  "variables": { "sanitize%": 0 },
  "targets": [
    {
      "target_name": "groupcast",
      "sources": [
        "addon.cc",
        "arguments.cc",
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
        "shared_exports.cc",
        "socket_exports.cc",
        "socket_options.cc"
      ],
      "defines": ["NAPI_VERSION=8"],
      "cflags": ["-Wall", "-Wextra", "-fvisibility=hidden"],
      "cflags_cc": ["-std=c++17", "-Wno-missing-field-initializers"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20"],
      "conditions": [
        ["sanitize==1", {
          "cflags": ["-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-g"],
          "ldflags": ["-fsanitize=address,undefined"]
        }]
      ]
    }
  ]
}
