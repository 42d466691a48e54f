#ifndef GROUPCAST_EXPORTS_H_
#define GROUPCAST_EXPORTS_H_

#include <node_api.h>

namespace groupcast {

/** Each adds the functions of one file to the addon. `addon.ts` declares them. */
napi_status add_shared_exports(napi_env env, napi_value exports);
napi_status add_socket_exports(napi_env env, napi_value exports);
napi_status add_multicast_exports(napi_env env, napi_value exports);
napi_status add_network_exports(napi_env env, napi_value exports);

}  // namespace groupcast

#endif  // GROUPCAST_EXPORTS_H_
