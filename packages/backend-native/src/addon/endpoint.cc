#include "endpoint.h"

#include <arpa/inet.h>

#include <cstring>

namespace groupcast {

in_addr to_in_addr(const AddressWords& words) {
  in_addr address;
  memcpy(&address, words.words, sizeof address);
  return address;
}

in6_addr to_in6_addr(const AddressWords& words) {
  in6_addr address{};
  if (words.family == 4) {
    memset(&address.s6_addr[10], 0xff, 2);
    memcpy(&address.s6_addr[12], words.words, sizeof(in_addr));
  } else {
    memcpy(&address, words.words, sizeof address);
  }
  return address;
}

AddressWords to_words(const in_addr& address) {
  AddressWords words{};
  words.family = 4;
  memcpy(words.words, &address, sizeof address);
  return words;
}

AddressWords to_words(const in6_addr& address) {
  AddressWords words{};
  words.family = 6;
  memcpy(words.words, &address, sizeof address);
  return words;
}

socklen_t to_endpoint(const AddressWords& words, int socket_family, Endpoint* endpoint) {
  *endpoint = Endpoint{};
  if (words.family == 4 && socket_family == AF_INET) {
    endpoint->v4.sin_family = AF_INET;
    endpoint->v4.sin_port = htons(static_cast<uint16_t>(words.port));
    endpoint->v4.sin_addr = to_in_addr(words);
    return sizeof endpoint->v4;
  }
  endpoint->v6 = sockaddr_in6{};
  endpoint->v6.sin6_family = AF_INET6;
  endpoint->v6.sin6_port = htons(static_cast<uint16_t>(words.port));
  endpoint->v6.sin6_addr = to_in6_addr(words);
  endpoint->v6.sin6_scope_id = static_cast<uint32_t>(words.scope);
  return sizeof endpoint->v6;
}

AddressWords to_words(const Endpoint& endpoint) {
  if (endpoint.base.sa_family == AF_INET) {
    AddressWords words = to_words(endpoint.v4.sin_addr);
    words.port = ntohs(endpoint.v4.sin_port);
    return words;
  }
  if (endpoint.base.sa_family == AF_INET6) {
    AddressWords words = to_words(endpoint.v6.sin6_addr);
    words.port = ntohs(endpoint.v6.sin6_port);
    words.scope = static_cast<int32_t>(endpoint.v6.sin6_scope_id);
    return words;
  }
  return AddressWords{};
}

}  // namespace groupcast
