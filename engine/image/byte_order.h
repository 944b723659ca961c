// Integers at a place in a file. The caller has checked that they lie within it.
#ifndef AVOCET_ENGINE_IMAGE_BYTE_ORDER_H_
#define AVOCET_ENGINE_IMAGE_BYTE_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/check.h"

namespace avocet {

inline std::uint32_t LoadByte(std::string_view bytes, std::size_t at) {
  AVOCET_CHECK(at < bytes.size());
  return static_cast<unsigned char>(bytes[at]);
}

inline std::uint32_t LoadBig16(std::string_view bytes, std::size_t at) {
  return LoadByte(bytes, at) << 8 | LoadByte(bytes, at + 1);
}

inline std::uint32_t LoadBig32(std::string_view bytes, std::size_t at) {
  return LoadBig16(bytes, at) << 16 | LoadBig16(bytes, at + 2);
}

inline std::uint32_t LoadLittle16(std::string_view bytes, std::size_t at) {
  return LoadByte(bytes, at + 1) << 8 | LoadByte(bytes, at);
}

inline std::uint32_t LoadLittle24(std::string_view bytes, std::size_t at) {
  return LoadByte(bytes, at + 2) << 16 | LoadLittle16(bytes, at);
}

inline std::uint32_t LoadLittle32(std::string_view bytes, std::size_t at) {
  return LoadLittle16(bytes, at + 2) << 16 | LoadLittle16(bytes, at);
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_BYTE_ORDER_H_
