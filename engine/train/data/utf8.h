// Whether bytes are text.
#ifndef AVOCET_ENGINE_TRAIN_DATA_UTF8_H_
#define AVOCET_ENGINE_TRAIN_DATA_UTF8_H_

#include <string_view>

namespace avocet {

// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above
// U+10FFFF.
bool IsUtf8(std::string_view text);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_UTF8_H_
