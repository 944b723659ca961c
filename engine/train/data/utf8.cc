#include "engine/train/data/utf8.h"

#include <cstddef>
#include <cstdint>

namespace avocet {
namespace {

// How a character of so many bytes begins, and the least one that needs so many.
struct Form {
  std::uint8_t mask;
  std::uint8_t begin;
  std::size_t bytes;
  std::uint32_t least;
};
constexpr Form kForms[] = {
    {0x80, 0x00, 1, 0}, {0xE0, 0xC0, 2, 0x80}, {0xF0, 0xE0, 3, 0x800}, {0xF8, 0xF0, 4, 0x10000}};

const Form* FormOf(std::uint8_t first) {
  for (const Form& form : kForms) {
    if ((first & form.mask) == form.begin) return &form;
  }
  return nullptr;
}

// Bytes of the character that `text` begins with; 0 if it is none.
std::size_t CharacterBytes(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text[0]);
  const Form* const form = FormOf(first);
  if (form == nullptr || text.size() < form->bytes) return 0;
  std::uint32_t character = first & ~form->mask & 0xFF;
  for (const char c : text.substr(1, form->bytes - 1)) {
    const auto byte = static_cast<std::uint8_t>(c);
    if ((byte & 0xC0) != 0x80) return 0;
    character = character << 6 | (byte & 0x3F);
  }
  const bool surrogate = character >= 0xD800 && character < 0xE000;
  return character < form->least || surrogate || character > 0x10FFFF ? 0 : form->bytes;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = CharacterBytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

}  // namespace avocet
