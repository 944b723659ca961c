// Runs the built `avocet` as a shell or a person at a terminal would.
#ifndef AVOCET_TESTS_CLIENT_RUN_COMMAND_H_
#define AVOCET_TESTS_CLIENT_RUN_COMMAND_H_

#include <map>
#include <string>
#include <vector>

namespace avocet {

struct CommandOptions {
  std::string input = {};        // standard input, a pipe
  bool terminal_output = false;  // stdout is a terminal, else a pipe
  bool terminal_errors = false;  // stderr likewise
  int columns = 80;              // of the terminals
  // Over a plain environment: LC_ALL=C.UTF-8, TERM=xterm, none of NO_COLOR, COLUMNS and
  // AVOCET_SERVER.
  std::map<std::string, std::string> environment = {};
};

struct CommandResult {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string output;
  std::string errors;
};

CommandResult RunCommand(const std::vector<std::string>& arguments,
                         const CommandOptions& options = {});

}  // namespace avocet

#endif  // AVOCET_TESTS_CLIENT_RUN_COMMAND_H_
