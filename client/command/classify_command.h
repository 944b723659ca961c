// avocet classify FILE|DIR|-...
#ifndef AVOCET_CLIENT_COMMAND_CLASSIFY_COMMAND_H_
#define AVOCET_CLIENT_COMMAND_CLASSIFY_COMMAND_H_

#include <functional>

#include <CLI/CLI.hpp>

namespace avocet {

// Adds the subcommand to `app`. Parsing it sets `run`, which does the work and returns the exit
// status. Likewise the other subcommands.
void AddClassifyCommand(CLI::App& app, std::function<int()>& run);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_CLASSIFY_COMMAND_H_
