#ifndef GROUPCAST_ARGUMENTS_H_
#define GROUPCAST_ARGUMENTS_H_

#include <node_api.h>

#include "environment.h"

namespace groupcast {

class DatagramSocket;

/** Bytes of a typed array; valid during the call. */
struct Bytes {
  uint8_t* start = nullptr;
  size_t length = 0;
};

/**
 * The arguments of one call from JavaScript. TypeScript has checked their types; what is wrong all the same is noted here, and
 * becomes a TypeError instead of a crash.
 */
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info);

  napi_env env() const { return env_; }
  Environment& environment() const { return *environment_; }

  DatagramSocket* socket();  // always the first argument
  napi_value object(size_t index);
  int number(size_t index);
  const char* text(size_t index);  // valid until the next text()
  Bytes bytes(size_t index);

  /** Whether every argument asked for so far was there; if not, a TypeError is pending. */
  bool valid() const { return valid_; }
  void reject(const char* message);

  napi_value result(int value) const;
  napi_value result(const char* text) const;

 private:
  static constexpr size_t kMaxArguments = 5;
  static constexpr size_t kMaxTextBytes = 128;  // an IPv6 literal with zone has 62

  napi_env env_;
  Environment* environment_ = nullptr;
  napi_value values_[kMaxArguments];
  char text_[kMaxTextBytes];
  bool valid_ = true;
};

using ExportedFunction = napi_value (*)(Arguments&);

template <ExportedFunction function>
napi_value enter(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  return function(arguments);
}

}  // namespace groupcast

/** One property of the addon: its name in JavaScript is the name of the C++ function, so the two cannot differ. */
#define EXPORT(function) \
  {#function, nullptr, groupcast::enter<function>, nullptr, nullptr, nullptr, napi_enumerable, nullptr}

#endif  // GROUPCAST_ARGUMENTS_H_
