// avocet-model import
#ifndef AVOCET_ENGINE_TOOL_IMPORT_COMMAND_H_
#define AVOCET_ENGINE_TOOL_IMPORT_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "absl/status/status.h"

namespace avocet {

void AddImportCommand(CLI::App& app, std::function<absl::Status()>& run);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_IMPORT_COMMAND_H_
