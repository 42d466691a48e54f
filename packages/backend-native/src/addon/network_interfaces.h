#ifndef GROUPCAST_NETWORK_INTERFACES_H_
#define GROUPCAST_NETWORK_INTERFACES_H_

#include <node_api.h>

struct rtattr;

namespace groupcast {

/** Fills `result` with an array of NetworkInterface as the waist has it: 0 or negative errno. */
int list_interfaces(napi_env env, napi_value* result);

}  // namespace groupcast

#endif  // GROUPCAST_NETWORK_INTERFACES_H_
