// avocet load FILE...
#ifndef AVOCET_CLIENT_COMMAND_LOAD_COMMAND_H_
#define AVOCET_CLIENT_COMMAND_LOAD_COMMAND_H_

#include <functional>

#include <CLI/CLI.hpp>

namespace avocet {

void AddLoadCommand(CLI::App& app, std::function<int()>& run);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_LOAD_COMMAND_H_
