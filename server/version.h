// What this program was built from.
#ifndef AVOCET_SERVER_VERSION_H_
#define AVOCET_SERVER_VERSION_H_

namespace avocet {

const char* Version();   // of the project, for example "0.1.0"
const char* Commit();    // short hash when the build was configured; "unknown" without git
const char* Compiler();  // for example "12.2.0"

}  // namespace avocet

#endif  // AVOCET_SERVER_VERSION_H_
