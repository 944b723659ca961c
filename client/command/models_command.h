// avocet models
#ifndef AVOCET_CLIENT_COMMAND_MODELS_COMMAND_H_
#define AVOCET_CLIENT_COMMAND_MODELS_COMMAND_H_

#include <functional>

#include <CLI/CLI.hpp>

namespace avocet {

void AddModelsCommand(CLI::App& app, std::function<int()>& run);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_MODELS_COMMAND_H_
