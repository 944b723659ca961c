// The exit statuses of `avocet-model`, a promise to scripts.
#ifndef AVOCET_ENGINE_TOOL_EXIT_STATUS_H_
#define AVOCET_ENGINE_TOOL_EXIT_STATUS_H_

namespace avocet {

enum ExitStatus : int {
  kExitOk = 0,
  kExitFailed = 1,  // the reason is on stderr; for `evaluate` also: some images could not be read
  kExitUsage = 2,   // wrong flags or arguments
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_EXIT_STATUS_H_
