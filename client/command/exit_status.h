// The exit statuses of the command, a promise to scripts.
#ifndef AVOCET_CLIENT_COMMAND_EXIT_STATUS_H_
#define AVOCET_CLIENT_COMMAND_EXIT_STATUS_H_

namespace avocet {

enum ExitStatus : int {
  kExitOk = 0,
  kExitSomeFailed = 1,  // some images could not be classified; for `health`: not serving
  kExitUsage = 2,       // wrong flags or arguments
  kExitCallFailed = 3,  // the server cannot be reached, or no call succeeded
};

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_EXIT_STATUS_H_
