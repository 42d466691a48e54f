#ifndef GROUPCAST_DATAGRAM_SOCKET_H_
#define GROUPCAST_DATAGRAM_SOCKET_H_

#include <node_api.h>

#include <memory>
#include <vector>

#include "environment.h"
#include "error_queue.h"
#include "file_descriptor.h"
#include "segment_limits.h"

namespace groupcast {

/**
 * One UDP socket. Its JavaScript object owns it: weakly as long as nothing can happen, strongly (like every handle of Node) from
 * the moment it has an address until close().
 *
 * States: opened → attached (polled for errors, and for reading and writing when asked) → closed. Calls that fail return a
 * negative errno; nothing is called back from inside them.
 */
class DatagramSocket final : public PollListener {
 public:
  DatagramSocket(Environment& environment, FileDescriptor fd, int family);  // family: AF_INET or AF_INET6
  ~DatagramSocket();

  static std::unique_ptr<DatagramSocket> open(Environment& environment, int family, int* error);
  static std::unique_ptr<DatagramSocket> adopt(Environment& environment, int fd, int* error);

  /** Ties the life of this socket to `owner`, which gets the callbacks. */
  static bool give_to(napi_env env, napi_value owner, std::unique_ptr<DatagramSocket> socket);

  int fd() const { return fd_.get(); }
  int family() const { return family_; }

  int attach();
  int bind(const AddressWords& local);
  int connect(const AddressWords& peer);
  int disconnect();
  int local_address(AddressWords* words) const;
  int peer_address(AddressWords* words) const;
  int set_option(const char* name, int value);
  int get_option(const char* name) const;

  /**
   * Returns how many datagrams were taken, or the errno of the first; -EAGAIN promises a `writable` callback. `refusal` becomes the run that the
   * kernel refused after those, if any: it must not be sent again.
   */
  int send(const Datagrams& datagrams, SendRefusal* refusal);
  int start_reading(const ReadLimits& limits);
  void stop_reading();

  void ref();
  void unref();
  void close();

  void polled(bool failed, int events) override;
  void environment_ends() override;

 private:
  int bind_to(const AddressWords& local);
  int bind_to_free_port(AddressWords local);
  int ensure_port();
  int dissolve();

  bool make_context();
  void drop_context();
  int transmit(int messages);
  void update_polling(bool stopped = false);
  int ready_events() const;
  int set_busy_poll(int spin_us);
  void update_busy_poll();

  void read_errors();
  void react(napi_value owner, bool failed, int events);
  void report_failures(napi_value owner);
  void read(napi_value owner);
  bool notice_shutdown();
  void end_reading(napi_value owner);
  void report_read_error(napi_value owner, int error);
  void call_failed(napi_value owner, int error, const char* operation);

  Environment& environment_;
  FileDescriptor fd_;
  const int family_;
  PollWatcher::Owned watcher_;
  napi_ref owner_ = nullptr;
  napi_async_context context_ = nullptr;

  ReadLimits limits_{};
  ReadPace pace_;
  bool reading_ = false;
  bool awaits_writable_ = false;
  bool referenced_ = true;
  bool offload_ = false;
  bool connected_ = false;
  bool is_called_back_ = false;
  bool is_hung_up_ = false;  // both directions are shut down: not polled any more
  bool is_busy_polled_ = false;
  int busy_poll_us_ = 0;
  int polled_events_ = 0;
  int port_ = 0;                                  // number it is bound to; 0: not bound yet
  int port_refusal_ = 0;                          // errno with which disconnect() did not get the port back
  int unconnected_interface_ = 0;                 // SO_BINDTOIFINDEX as it is to be after disconnect()
  bool hears_of_drops_ = false;                   // IP_RECVERR is on
  SegmentLimits segment_limits_;
  std::vector<LateFailure> failures_;             // to be reported from the loop
};

}  // namespace groupcast

#endif  // GROUPCAST_DATAGRAM_SOCKET_H_
