#include <sys/socket.h>

#include "arguments.h"
#include "exports.h"
#include "js_object.h"
#include "network_interfaces.h"
#include "network_routes.h"
#include "network_watch.h"

using namespace groupcast;

namespace {

napi_value to_js(Arguments& arguments, const FoundRoute& route) {
  return JsObject(arguments.env())
      .set_number("interfaceIndex", route.interface_index)
      .set_text("source", route.source)
      .set_text("gateway", route.gateway)
      .value();
}

/** An array of NetworkInterface, or a negative errno. */
napi_value network_interfaces(Arguments& arguments) {
  napi_value interfaces = nullptr;
  const int error = list_interfaces(arguments.env(), &interfaces);
  return error == 0 ? interfaces : arguments.result(error);
}

/** The route to address 0 of SharedTables, from address 1 (family 0: any), or a negative errno. */
napi_value network_route(Arguments& arguments) {
  const AddressWords* addresses = arguments.environment().tables().addresses;
  FoundRoute route;
  const int error = find_route(addresses[0], addresses[1], &route);
  return error == 0 ? to_js(arguments, route) : arguments.result(error);
}

/** The default route of a family, 4 or 6; interfaceIndex 0 when there is none; or a negative errno. */
napi_value network_default_route(Arguments& arguments) {
  const int family = arguments.number(0) == 4 ? AF_INET : AF_INET6;
  if (!arguments.valid()) return nullptr;
  FoundRoute route;
  const int error = find_default_route(family, &route);
  return error == 0 ? to_js(arguments, route) : arguments.result(error);
}

/** Starts to call `changed`: 0 or negative errno. */
napi_value network_watch_start(Arguments& arguments) {
  Environment& environment = arguments.environment();
  int error = 0;
  if (environment.network_watch() == nullptr) environment.network_watch() = NetworkWatch::open(environment, &error);
  return arguments.result(error);
}

napi_value network_watch_stop(Arguments& arguments) {
  arguments.environment().network_watch().reset();
  return nullptr;
}

}  // namespace

napi_status groupcast::add_network_exports(napi_env env, napi_value exports) {
  const napi_property_descriptor properties[] = {
      EXPORT(network_interfaces),  EXPORT(network_route),      EXPORT(network_default_route),
      EXPORT(network_watch_start), EXPORT(network_watch_stop),
  };
  return napi_define_properties(env, exports, sizeof properties / sizeof properties[0], properties);
}
