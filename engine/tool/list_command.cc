#include "engine/tool/list_command.h"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/models/zoo.h"
#include "engine/tool/node_cost.h"
#include "engine/tool/text_table.h"

namespace avocet {
namespace {

absl::Status List(bool json) {
  TextTable table({{"NETWORK"},
                   {"SIZE", Align::kRight},
                   {"PARAMETERS", Align::kRight},
                   {"MUL-ADD", Align::kRight}});
  table.AddRule();
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Backbone* backbone : AllBackbones()) {
    const int size = backbone->image_size;
    ASSIGN_OR_RETURN(
        const Graph graph,
        backbone->build({.classes = backbone->classes, .height = size, .width = size}));
    const NodeCost cost = TotalCost(graph);
    table.Add({std::string(backbone->name), absl::StrCat(size), WithSeparators(cost.parameters),
               Decimal(static_cast<double>(cost.multiply_adds))});
    rows.push_back({{"name", backbone->name},
                    {"size", size},
                    {"classes", backbone->classes},
                    {"parameters", cost.parameters},
                    {"multiply_adds", cost.multiply_adds},
                    {"norm_multiply_adds", cost.norm_multiply_adds}});
  }
  const std::string text = json ? rows.dump(2) + "\n" : table.Print(TerminalColumns());
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

}  // namespace

void AddListCommand(CLI::App& app, std::function<absl::Status()>& run) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("list", "List the networks that the engine knows");
  command->add_flag("--json", *json, "For programs");
  command->callback([json, &run] { run = [json] { return List(*json); }; });
}

}  // namespace avocet
