#ifndef GROUPCAST_ENVIRONMENT_H_
#define GROUPCAST_ENVIRONMENT_H_

#include <node_api.h>
#include <uv.h>

#include <memory>

#include "batch_layout.h"
#include "busy_poll.h"
#include "incoming.h"
#include "outgoing.h"
#include "poll_watcher.h"

namespace groupcast {

class NetworkWatch;

/** Functions that TypeScript gives to configure(), in the order of kCallbackNames. */
enum Callback { kReceived, kWritable, kSendFailed, kFailed, kChanged, kCallbackCount };

/** Memory that both sides see; `batch-layout.ts` has the offsets. */
struct SharedTables {
  SlotRow slots[kSlots];
  RunRow runs[kMaxRuns];
  AddressWords addresses[4];  // arguments and results of single calls
  EntryRow entries[kMaxEntries];
  SendRefusal refusal;  // of the last send
};

/** State of one Node.js environment: the main thread, or one worker thread. */
class Environment {
 public:
  /** Made when the addon is loaded; nothing when that fails. Deletes itself when the environment has ended and nothing refers to it. */
  static Environment* open(napi_env env);

  napi_env env() const { return env_; }
  uv_loop_t* loop() const { return loop_; }
  SharedTables& tables() { return *tables_; }
  Incoming& incoming() { return *incoming_; }
  Outgoing& outgoing() { return *outgoing_; }
  BusyPoll& busy_poll() { return busy_poll_; }
  std::unique_ptr<NetworkWatch>& network_watch() { return network_watch_; }

  napi_value tables_buffer() const { return value_of(tables_buffer_); }
  napi_value slab_buffer() const { return value_of(slab_buffer_); }
  /** Memory that datagrams are received into; made anew if a user has detached it. Nothing when there is no memory. */
  uint8_t* slab();

  /** Takes the callbacks from the properties of `functions`; false when one is missing. */
  bool configure(napi_value functions);
  /** Calls JavaScript from the loop; microtasks have run when it returns. An exception becomes an uncaught one. */
  void call(Callback callback, napi_value receiver, napi_async_context context, size_t count, const napi_value* arguments);

  void add(PollWatcher& watcher);
  void remove(PollWatcher& watcher);
  void handle_made() { unfreed_handles_++; }
  void handle_freed();
  void socket_made() { sockets_++; }
  void socket_freed();

 private:
  explicit Environment(napi_env env);
  ~Environment();
  bool make_buffers();
  napi_value value_of(napi_ref reference) const;
  void end(napi_async_cleanup_hook_handle hook);
  void release();
  void delete_if_unused();

  napi_env env_;
  uv_loop_t* loop_ = nullptr;
  SharedTables* tables_ = nullptr;
  napi_ref tables_buffer_ = nullptr;
  napi_ref slab_buffer_ = nullptr;
  napi_ref callbacks_[kCallbackCount] = {};
  std::unique_ptr<Incoming> incoming_;
  std::unique_ptr<Outgoing> outgoing_;
  std::unique_ptr<NetworkWatch> network_watch_;

  BusyPoll busy_poll_{*this};
  PollWatcher* watchers_ = nullptr;
  int unfreed_handles_ = 0;
  int sockets_ = 0;  // objects of DatagramSocket, open or closed: each is deleted when its JavaScript object is
  napi_async_cleanup_hook_handle ending_ = nullptr;
  bool released_ = false;
};

}  // namespace groupcast

#endif  // GROUPCAST_ENVIRONMENT_H_
