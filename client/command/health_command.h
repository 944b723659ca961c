// avocet health
#ifndef AVOCET_CLIENT_COMMAND_HEALTH_COMMAND_H_
#define AVOCET_CLIENT_COMMAND_HEALTH_COMMAND_H_

#include <functional>

#include <CLI/CLI.hpp>

namespace avocet {

// For probes: one attempt, a short deadline, one line, exit status 0 when serving and 1 when not.
void AddHealthCommand(CLI::App& app, std::function<int()>& run);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_HEALTH_COMMAND_H_
