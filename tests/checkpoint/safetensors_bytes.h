// Safetensors files made by hand, right or wrong.
#ifndef AVOCET_TESTS_CHECKPOINT_SAFETENSORS_BYTES_H_
#define AVOCET_TESTS_CHECKPOINT_SAFETENSORS_BYTES_H_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/safetensors.h"

namespace avocet {

// Header length, header, data.
inline std::string SafetensorsBytes(std::string_view header, std::string_view data) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof(length), '\0');
  std::memcpy(bytes.data(), &length, sizeof(length));
  bytes.append(header).append(data);
  return bytes;
}

inline absl::StatusOr<Safetensors> ParseBytes(std::string_view bytes) {
  return Safetensors::Parse(std::as_bytes(std::span(bytes)), "m.safetensors");
}

// A tensor's bytes.
template <typename T>
std::string Raw(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

}  // namespace avocet

#endif  // AVOCET_TESTS_CHECKPOINT_SAFETENSORS_BYTES_H_
