// A fingerprint of bytes.
#ifndef AVOCET_ENGINE_BASE_DIGEST_H_
#define AVOCET_ENGINE_BASE_DIGEST_H_

#include <cstdint>
#include <string_view>

namespace avocet {

// FNV-1a, 64 bits (Fowler, Noll and Vo). Tells apart what differs by accident, not by intent.
class Digest {
 public:
  void AddByte(std::uint8_t byte) { value_ = (value_ ^ byte) * 0x100000001B3u; }
  // Its bytes alone: of two texts in a row, where one ends is not told.
  void Add(std::string_view text) {
    for (const char c : text) AddByte(static_cast<std::uint8_t>(c));
  }
  // Eight bytes, the lowest first.
  void Add(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) AddByte(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xCBF29CE484222325u;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_DIGEST_H_
