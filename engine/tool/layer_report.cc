#include "engine/tool/layer_report.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/tool/layer_list.h"
#include "engine/tool/text_table.h"

namespace avocet {
namespace {

std::string SizeText(const Shape& shape) {
  return absl::StrCat(shape.h, "x", shape.w, "x", shape.c);
}

std::string FieldText(const ReceptiveField& field) {
  return field.global ? "global" : absl::StrFormat("%.0f", std::ceil(field.size));
}

std::string Count(std::int64_t count) { return count == 0 ? "-" : WithSeparators(count); }

NodeCost Sum(const std::vector<Layer>& layers) {
  NodeCost total;
  for (const Layer& layer : layers) total += layer.cost;
  return total;
}

}  // namespace

std::string LayersText(const Network& network, bool every_operator, int max_width) {
  const std::vector<Layer> layers = ListLayers(network.graph, every_operator);
  const NodeCost total = Sum(layers);
  TextTable table({{"LAYER"},
                   {"TYPE"},
                   {"FILTERS @ PATCH/S"},
                   {"OUTPUT", Align::kRight},
                   {"PARAMETERS", Align::kRight},
                   {"MUL-ADD", Align::kRight},
                   {"MEMORY", Align::kRight},
                   {"FIELD", Align::kRight},
                   {"JUMP", Align::kRight}});
  table.AddRule();
  for (const Layer& layer : layers) {
    table.Add({layer.name, layer.type, layer.window, SizeText(layer.output),
               Count(layer.cost.parameters), Decimal(static_cast<double>(layer.cost.multiply_adds)),
               Bytes(static_cast<double>(layer.cost.activation_bytes)), FieldText(layer.field),
               absl::StrFormat("%.4g", layer.field.jump)});
  }
  table.AddRule();
  table.Add({"total", absl::StrCat(layers.size(), " layers"), "", "", Count(total.parameters),
             Decimal(static_cast<double>(total.multiply_adds)),
             Bytes(static_cast<double>(total.activation_bytes)), "", ""});

  const Shape& input = network.input();
  std::string text = absl::StrFormat("%s   input %s, %d classes\n\n", network.architecture,
                                     SizeText(input), network.classes());
  absl::StrAppend(&text, table.Print(max_width));
  absl::StrAppendFormat(&text,
                        "\n%s parameters, %s in float32\n"
                        "%s multiply-adds in convolutions and linear layers",
                        WithSeparators(total.parameters),
                        Bytes(4.0 * static_cast<double>(total.parameters)),
                        Decimal(static_cast<double>(total.multiply_adds), 4));
  if (total.norm_multiply_adds > 0) {
    absl::StrAppendFormat(
        &text, "; %s with norms (as published)",
        Decimal(static_cast<double>(total.multiply_adds + total.norm_multiply_adds), 4));
  }
  absl::StrAppendFormat(&text, "\n%s of activations for one image, if all are kept\n",
                        Bytes(static_cast<double>(total.activation_bytes)));
  return text;
}

std::string LayersJson(const Network& network, bool every_operator) {
  using Json = nlohmann::ordered_json;
  const std::vector<Layer> layers = ListLayers(network.graph, every_operator);
  const auto costs = [](const NodeCost& cost) {
    return Json{{"parameters", cost.parameters},
                {"multiply_adds", cost.multiply_adds},
                {"norm_multiply_adds", cost.norm_multiply_adds},
                {"activation_bytes", cost.activation_bytes}};
  };
  Json rows = Json::array();
  for (const Layer& layer : layers) {
    Json row = {{"name", layer.name},
                {"type", layer.type},
                {"window", layer.window},
                {"output", {layer.output.c, layer.output.h, layer.output.w}}};
    row.update(costs(layer.cost));
    row["receptive_field"] = layer.field.global ? Json() : Json(layer.field.size);
    row["jump"] = layer.field.jump;
    rows.push_back(std::move(row));
  }
  const Shape& input = network.input();
  const Json document = {{"network", network.architecture},
                         {"input", {input.c, input.h, input.w}},
                         {"classes", network.classes()},
                         {"layers", std::move(rows)},
                         {"totals", costs(Sum(layers))}};
  return document.dump(2) + "\n";
}

}  // namespace avocet
