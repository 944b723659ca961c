#include "server/version.h"

namespace avocet {

const char* Version() { return AVOCET_VERSION; }
const char* Commit() { return AVOCET_COMMIT; }
const char* Compiler() { return __VERSION__; }

}  // namespace avocet
