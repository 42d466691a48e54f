#ifndef GROUPCAST_JS_OBJECT_H_
#define GROUPCAST_JS_OBJECT_H_

#include <node_api.h>

#include <cstdint>
#include <string>

namespace groupcast {

/** A JavaScript object under construction. Empty strings make no property: what is absent stays absent. */
class JsObject {
 public:
  explicit JsObject(napi_env env) : env_(env) { napi_create_object(env, &value_); }

  napi_value value() const { return value_; }

  JsObject& set(const char* name, napi_value value) {
    napi_set_named_property(env_, value_, name, value);
    return *this;
  }

  JsObject& set_number(const char* name, uint32_t number) {
    napi_value value = nullptr;
    napi_create_uint32(env_, number, &value);
    return set(name, value);
  }

  JsObject& set_boolean(const char* name, bool boolean) {
    napi_value value = nullptr;
    napi_get_boolean(env_, boolean, &value);
    return set(name, value);
  }

  JsObject& set_text(const char* name, const std::string& text) {
    if (text.empty()) return *this;
    napi_value value = nullptr;
    napi_create_string_utf8(env_, text.data(), text.size(), &value);
    return set(name, value);
  }

 private:
  napi_env env_;
  napi_value value_ = nullptr;
};

}  // namespace groupcast

#endif  // GROUPCAST_JS_OBJECT_H_
