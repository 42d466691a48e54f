#include <algorithm>
#include <cerrno>

#include "datagram_socket.h"

namespace groupcast {

namespace {

constexpr int kMaxPendingErrors = 16;  // a peer that refuses faster than this is reported in the next turn

/** Whether `error` says that a run cannot leave by UDP_SEGMENT, though its datagrams may: udp_send_skb of net/ipv4/udp.c. */
bool is_segmentation_refusal(int error) { return error == -EINVAL || error == -EMSGSIZE || error == -EIO; }

/** Whether `error` is of this moment, so that no earlier datagram can be its reason. */
bool is_congestion(int error) { return error == -EAGAIN || error == -ENOBUFS || error == -ENOMEM; }

}  // namespace

/**
 * A run is one packet for the kernel until a device, or validate_xmit_skb(), cuts it. What refuses it before that refuses all of it. A device
 * that drops some of its segments reports the last one's fate (dev_hard_start_xmit() of net/core/dev.c), and a tbf that takes any reports
 * success (tbf_segment()). So a refused run may have left in part, and none of it is ever sent again: its datagrams share the errno, which
 * the first message of a sendmmsg(2) alone has. The exception is a refusal of UDP_SEGMENT itself, which udp_send_skb() finds before it sends
 * anything.
 */
int DatagramSocket::send(const Datagrams& datagrams, SendRefusal* refusal) {
  int error = ensure_port();
  if (error == 0) error = attach();
  if (error != 0) return error;
  Outgoing& outgoing = environment_.outgoing();
  const uint64_t now_ms = uv_now(environment_.loop());
  SendCursor at{0, datagrams.runs[0].first};
  const int first = at.datagram;
  while (at.run < datagrams.run_count) {
    const int messages = outgoing.compose(datagrams, at, {family_, segment_limits_, now_ms, hears_of_drops_});
    const int sent = messages > 0 ? transmit(messages) : 0;
    const int segment_bytes = outgoing.segment_bytes_of(0);
    if (sent < 0 && segment_bytes > 0 && is_segmentation_refusal(sent)) {
      // EINVAL, EMSGSIZE: the path's MTU is smaller. EIO: GSO is not to be had on this path.
      segment_limits_.lower(datagrams.runs[at.run], sent == -EIO ? 0 : segment_bytes - 1, now_ms);
      continue;
    }
    if (sent < 0) {
      if (sent != -EAGAIN && segment_bytes > 0) *refusal = {outgoing.datagrams_in(0), sent};
      if (at.datagram > first) break;
      if (sent == -EAGAIN) {
        awaits_writable_ = true;
        update_polling();
      }
      return sent;
    }
    for (int i = 0; i < sent; i++) at.datagram += outgoing.datagrams_in(i);
    while (at.run < datagrams.run_count && at.datagram >= datagrams.runs[at.run].end) at.run++;
  }
  return at.datagram - first;
}

/**
 * Sends, and again when the error was that of an earlier datagram: a pending ICMP error makes the next call fail, whatever it is
 * for (sock_alloc_send_pskb of net/core/sock.c). So nobody innocent is blamed, and what is sent is not lost.
 */
int DatagramSocket::transmit(int messages) {
  int pending = 0;
  for (int attempt = 0;; attempt++) {
    const int sent = environment_.outgoing().transmit(fd_.get(), messages);
    if (sent >= 0) {
      if (pending != 0) {
        AddressWords peer{};
        peer_address(&peer);
        failures_.push_back({pending, peer});
      }
      if (!failures_.empty()) update_polling();
      return sent;
    }
    if (is_congestion(sent) || attempt == kMaxPendingErrors) return sent;
    if (drain_error_queue(fd_.get(), &failures_) > 0) {
      update_polling();
      continue;
    }
    if (pending != 0 || !is_icmp_error(sent)) return sent;
    pending = sent;  // not queued: IP_RECVERR is off, or there was no memory for the entry
  }
}

}  // namespace groupcast
