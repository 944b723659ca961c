#ifndef AVOCET_ENGINE_CHECKPOINT_QUOTED_NAME_H_
#define AVOCET_ENGINE_CHECKPOINT_QUOTED_NAME_H_

#include <string>
#include <string_view>

namespace avocet {

// A name out of a file, in quotation marks for a message: without control characters and never at
// full length.
std::string QuotedName(std::string_view name);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_QUOTED_NAME_H_
