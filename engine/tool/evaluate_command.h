// avocet-model evaluate
#ifndef AVOCET_ENGINE_TOOL_EVALUATE_COMMAND_H_
#define AVOCET_ENGINE_TOOL_EVALUATE_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "absl/status/status.h"

namespace avocet {

void AddEvaluateCommand(CLI::App& app, std::function<absl::Status()>& run);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_EVALUATE_COMMAND_H_
