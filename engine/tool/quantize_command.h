// avocet-model quantize
#ifndef AVOCET_ENGINE_TOOL_QUANTIZE_COMMAND_H_
#define AVOCET_ENGINE_TOOL_QUANTIZE_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "absl/status/status.h"

namespace avocet {

void AddQuantizeCommand(CLI::App& app, std::function<absl::Status()>& run);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_QUANTIZE_COMMAND_H_
