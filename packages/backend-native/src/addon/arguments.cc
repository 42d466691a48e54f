#include "arguments.h"

#include "datagram_socket.h"

namespace groupcast {

Arguments::Arguments(napi_env env, napi_callback_info info) : env_(env) {
  size_t count = kMaxArguments;
  napi_get_cb_info(env, info, &count, values_, nullptr, nullptr);  // absent ones become undefined
  void* environment = nullptr;
  napi_get_instance_data(env, &environment);
  environment_ = static_cast<Environment*>(environment);
}

void Arguments::reject(const char* message) {
  if (valid_) napi_throw_type_error(env_, nullptr, message);
  valid_ = false;
}

DatagramSocket* Arguments::socket() {
  void* socket = nullptr;
  if (napi_unwrap(env_, values_[0], &socket) != napi_ok) reject("expected a socket of this addon");
  return static_cast<DatagramSocket*>(socket);
}

napi_value Arguments::object(size_t index) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env_, values_[index], &type);
  if (type != napi_object) reject("expected an object");
  return values_[index];
}

int Arguments::number(size_t index) {
  int32_t value = 0;
  if (napi_get_value_int32(env_, values_[index], &value) != napi_ok) reject("expected a number");
  return value;
}

const char* Arguments::text(size_t index) {
  text_[0] = '\0';
  if (napi_get_value_string_utf8(env_, values_[index], text_, sizeof text_, nullptr) != napi_ok) reject("expected a string");
  return text_;
}

Bytes Arguments::bytes(size_t index) {
  napi_typedarray_type type;
  size_t elements = 0;
  void* start = nullptr;
  if (napi_get_typedarray_info(env_, values_[index], &type, &elements, &start, nullptr, nullptr) != napi_ok) {
    reject("expected a typed array");
    return {};
  }
  const size_t element_bytes = type == napi_uint8_array ? sizeof(uint8_t) : sizeof(int32_t);
  if (type != napi_uint8_array && type != napi_int32_array) reject("expected a Uint8Array or an Int32Array");
  return {static_cast<uint8_t*>(start), elements * element_bytes};
}

napi_value Arguments::result(int value) const {
  napi_value result = nullptr;
  napi_create_int32(env_, value, &result);
  return result;
}

napi_value Arguments::result(const char* text) const {
  napi_value result = nullptr;
  napi_create_string_utf8(env_, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

}  // namespace groupcast
