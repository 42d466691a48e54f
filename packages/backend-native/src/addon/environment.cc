#include "environment.h"

#include <new>
#include <utility>

#include "network_watch.h"

namespace groupcast {

namespace {

constexpr const char* kCallbackNames[kCallbackCount] = {"received", "writable", "sendFailed", "failed", "changed"};

}  // namespace

Environment::Environment(napi_env env) : env_(env) {}

Environment::~Environment() = default;

Environment* Environment::open(napi_env env) {
  Environment* environment = new (std::nothrow) Environment(env);
  if (environment == nullptr) return nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  bool ready = napi_get_uv_event_loop(env, &environment->loop_) == napi_ok && environment->make_buffers();
  // Asynchronous, because libuv frees poll handles later than it closes them, and a worker's loop must be empty at its end.
  ready = ready && napi_add_async_cleanup_hook(
                       env,
                       [](napi_async_cleanup_hook_handle hook, void* self) { static_cast<Environment*>(self)->end(hook); },
                       environment, &hook) == napi_ok;
  ready = ready && napi_set_instance_data(
                       env, environment, [](napi_env, void* self, void*) { static_cast<Environment*>(self)->release(); },
                       nullptr) == napi_ok;
  if (ready) return environment;
  if (hook != nullptr) napi_remove_async_cleanup_hook(hook);  // it refers to what is deleted here
  delete environment;
  return nullptr;
}

bool Environment::make_buffers() {
  void* memory = nullptr;
  napi_value buffer;
  if (napi_create_arraybuffer(env_, sizeof(SharedTables), &memory, &buffer) != napi_ok) return false;
  if (napi_create_reference(env_, buffer, 1, &tables_buffer_) != napi_ok) return false;
  tables_ = static_cast<SharedTables*>(memory);
  incoming_.reset(new (std::nothrow) Incoming(tables_->slots, tables_->entries));
  outgoing_.reset(new (std::nothrow) Outgoing());
  return incoming_ != nullptr && outgoing_ != nullptr && slab() != nullptr;
}

uint8_t* Environment::slab() {
  void* memory = nullptr;
  size_t length = 0;
  if (slab_buffer_ != nullptr) {
    // Views of the slab go to users, and whoever holds one can detach the buffer (ArrayBuffer.prototype.transfer).
    if (napi_get_arraybuffer_info(env_, value_of(slab_buffer_), &memory, &length) != napi_ok) return nullptr;
    if (length == size_t{kSlots} * kSlotBytes) return static_cast<uint8_t*>(memory);
    napi_delete_reference(env_, slab_buffer_);
    slab_buffer_ = nullptr;
  }
  napi_value buffer;
  if (napi_create_arraybuffer(env_, size_t{kSlots} * kSlotBytes, &memory, &buffer) != napi_ok) return nullptr;
  if (napi_create_reference(env_, buffer, 1, &slab_buffer_) != napi_ok) return nullptr;
  return static_cast<uint8_t*>(memory);
}

napi_value Environment::value_of(napi_ref reference) const {
  napi_value value = nullptr;
  if (reference != nullptr) napi_get_reference_value(env_, reference, &value);
  return value;
}

bool Environment::configure(napi_value functions) {
  for (int i = 0; i < kCallbackCount; i++) {
    napi_value function;
    napi_valuetype type;
    if (napi_get_named_property(env_, functions, kCallbackNames[i], &function) != napi_ok) return false;
    if (napi_typeof(env_, function, &type) != napi_ok || type != napi_function) return false;
    if (callbacks_[i] != nullptr) napi_delete_reference(env_, callbacks_[i]);
    if (napi_create_reference(env_, function, 1, &callbacks_[i]) != napi_ok) return false;
  }
  return true;
}

void Environment::call(Callback callback, napi_value receiver, napi_async_context context, size_t count,
                       const napi_value* arguments) {
  napi_value function = value_of(callbacks_[callback]);
  if (function == nullptr || receiver == nullptr) return;
  if (napi_make_callback(env_, context, receiver, function, count, arguments, nullptr) != napi_pending_exception) return;
  napi_value exception;
  if (napi_get_and_clear_last_exception(env_, &exception) == napi_ok) napi_fatal_exception(env_, exception);
}

void Environment::add(PollWatcher& watcher) {
  handle_made();
  watcher.next = watchers_;
  if (watchers_ != nullptr) watchers_->previous = &watcher;
  watchers_ = &watcher;
}

void Environment::remove(PollWatcher& watcher) {
  if (watcher.next != nullptr) watcher.next->previous = watcher.previous;
  if (watcher.previous != nullptr) watcher.previous->next = watcher.next;
  if (watchers_ == &watcher) watchers_ = watcher.next;
}

void Environment::handle_freed() {
  unfreed_handles_--;
  if (unfreed_handles_ == 0 && ending_ != nullptr) napi_remove_async_cleanup_hook(std::exchange(ending_, nullptr));
  delete_if_unused();
}

void Environment::socket_freed() {
  sockets_--;
  delete_if_unused();
}

void Environment::end(napi_async_cleanup_hook_handle hook) {
  while (watchers_ != nullptr) watchers_->listener().environment_ends();  // each takes itself out of the list
  busy_poll_.close();
  if (unfreed_handles_ > 0) {
    ending_ = hook;
  } else {
    napi_remove_async_cleanup_hook(hook);
  }
}

/** The last moment at which Node takes references back. */
void Environment::release() {
  napi_delete_reference(env_, tables_buffer_);
  if (slab_buffer_ != nullptr) napi_delete_reference(env_, slab_buffer_);
  for (napi_ref& callback : callbacks_) {
    if (callback != nullptr) napi_delete_reference(env_, callback);
  }
  released_ = true;
  delete_if_unused();
}

void Environment::delete_if_unused() {
  if (released_ && unfreed_handles_ == 0 && sockets_ == 0) delete this;
}

}  // namespace groupcast
