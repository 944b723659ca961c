#include "client/command/models_command.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/command/connection.h"
#include "client/command/exit_status.h"
#include "client/command/terminal.h"

namespace avocet {
namespace {

struct ModelsFlags {
  bool json = false;
  ConnectionFlags connection;
};

constexpr size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

Row ToRow(const ModelInfo& model) {
  return {absl::StrCat(Printable(model.name), model.is_default ? " (default)" : ""),
          absl::StrCat(model.version),
          Printable(model.architecture),
          absl::StrCat(model.input_width, "x", model.input_height),
          Printable(model.precision),
          absl::StrCat(model.classes),
          absl::StrFormat("%.2f M", static_cast<double>(model.parameters) / 1e6)};
}

void PrintTable(const std::vector<ModelInfo>& models) {
  constexpr Terminal kPlain;
  std::vector<Row> rows = {
      {"MODEL", "VERSION", "ARCHITECTURE", "INPUT", "PRECISION", "CLASSES", "PARAMETERS"}};
  for (const ModelInfo& model : models) rows.push_back(ToRow(model));
  std::array<int, kColumns> widths{};
  for (const Row& row : rows) {
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  for (const Row& row : rows) {
    std::string line;
    for (size_t i = 0; i + 1 < kColumns; ++i) {
      absl::StrAppend(&line, Fit(row[i], widths[i], kPlain), "  ");
    }
    std::printf("%s%s\n", line.c_str(), row.back().c_str());
  }
}

void PrintJson(const std::vector<ModelInfo>& models) {
  for (const ModelInfo& model : models) {
    const nlohmann::ordered_json object = {{"name", model.name},
                                           {"version", model.version},
                                           {"architecture", model.architecture},
                                           {"input_height", model.input_height},
                                           {"input_width", model.input_width},
                                           {"precision", model.precision},
                                           {"classes", model.classes},
                                           {"parameters", model.parameters},
                                           {"default", model.is_default}};
    std::printf("%s\n",
                object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  }
}

int RunModels(const ModelsFlags& flags) {
  const std::unique_ptr<Classifier> classifier = Connect(flags.connection.ToOptions());
  if (classifier == nullptr) return kExitUsage;
  const absl::StatusOr<std::vector<ModelInfo>> models = classifier->ListModels();
  if (!models.ok()) {
    PrintError(ExplainCallError(models.status(), flags.connection.server));
    return kExitCallFailed;
  }
  if (flags.json) {
    PrintJson(*models);
  } else {
    PrintTable(*models);
  }
  return kExitOk;
}

}  // namespace

void AddModelsCommand(CLI::App& app, std::function<int()>& run) {
  auto flags = std::make_shared<ModelsFlags>();
  CLI::App* command = app.add_subcommand("models", "List the models that the server has loaded");
  command->footer("Exit status: 0 listed, 2 usage, 3 the call failed.");
  command->add_flag("--json", flags->json, "An object a model, one a line");
  flags->connection.AddTo(*command);
  command->callback([flags, &run] { run = [flags] { return RunModels(*flags); }; });
}

}  // namespace avocet
