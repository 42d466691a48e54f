#include <node_api.h>

#include "environment.h"
#include "exports.h"

NAPI_MODULE_INIT() {
  using namespace groupcast;
  if (Environment::open(env) == nullptr) {
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (!pending) napi_throw_error(env, nullptr, "Cannot set up the addon for this environment");
    return nullptr;
  }
  add_shared_exports(env, exports);
  add_socket_exports(env, exports);
  add_multicast_exports(env, exports);
  add_network_exports(env, exports);
  return exports;
}
