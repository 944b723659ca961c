#include "engine/train/optim/initialize.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "engine/graph/parameter_spec.h"
#include "engine/train/optim/random_values.h"

namespace avocet {
namespace {

enum class Style { kEfficientNet, kResNet, kVgg, kConvNeXt, kLeNet };

Style StyleOf(std::string_view architecture) {
  if (architecture.find("efficientnet") != std::string_view::npos) return Style::kEfficientNet;
  if (architecture.starts_with("vgg")) return Style::kVgg;
  if (architecture.starts_with("convnext")) return Style::kConvNeXt;
  if (architecture.starts_with("lenet")) return Style::kLeNet;
  return Style::kResNet;
}

constexpr double kConvNeXtDeviation = 0.02;
constexpr double kConvNeXtLayerScale = 1e-6;
constexpr double kVggClassifierDeviation = 0.01;

// Norms whose result is added to a shortcut: with weight 0 every block begins as the identity.
std::set<std::string> BranchEnds(const Graph& graph) {
  std::set<std::string> names;
  for (const Node& node : graph.nodes()) {
    if (!std::holds_alternative<Add>(node.op)) continue;
    const Node* branch = &graph.node(node.inputs[0]);
    if (std::holds_alternative<DropPath>(branch->op)) branch = &graph.node(branch->inputs[0]);
    if (std::holds_alternative<BatchNorm>(branch->op)) names.insert(branch->name);
  }
  return names;
}

class Initializer {
 public:
  Initializer(const Graph& graph, Style style, std::uint64_t seed)
      : graph_(graph), style_(style), seed_(seed), parameters_(GraphParameters(graph)) {
    if (style == Style::kResNet) branch_ends_ = BranchEnds(graph);
  }

  Parameters Run() && {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const std::vector<ParameterSpec> specs = NodeParameters(graph_, id);
      if (!specs.empty()) Fill(graph_.node(id), specs);
    }
    return std::move(parameters_);
  }

 private:
  void Fill(const Node& node, const std::vector<ParameterSpec>& specs) {
    if (std::holds_alternative<Conv2d>(node.op)) {
      FillConvolution(std::get<Conv2d>(node.op), specs);
    } else if (std::holds_alternative<Linear>(node.op)) {
      FillLinear(specs);
    } else if (std::holds_alternative<LayerScale>(node.op)) {
      FillConstant(specs[0].name, kConvNeXtLayerScale);
    } else if (std::holds_alternative<BatchNorm>(node.op)) {
      FillConstant(specs[0].name, branch_ends_.contains(node.name) ? 0 : 1);
      FillConstant(node.name + ".running_var", 1);
    } else if (!std::holds_alternative<GlobalResponseNorm>(node.op)) {
      FillConstant(specs[0].name, 1);
    }
  }

  void FillConvolution(const Conv2d& conv, const std::vector<ParameterSpec>& specs) {
    double fan_out = static_cast<double>(conv.out_channels) * conv.kernel * conv.kernel;
    if (style_ == Style::kEfficientNet) fan_out /= conv.groups;
    switch (style_) {
      case Style::kEfficientNet:
      case Style::kResNet:
      case Style::kVgg:
        return FillNormal(specs[0].name, std::sqrt(2 / fan_out));
      case Style::kConvNeXt:
        return FillNormal(specs[0].name, kConvNeXtDeviation);
      case Style::kLeNet:
        return FillAsPyTorch(specs);
    }
  }

  void FillLinear(const std::vector<ParameterSpec>& specs) {
    const std::string& weight = specs[0].name;
    switch (style_) {
      case Style::kEfficientNet:
        return FillUniform(weight, 1 / std::sqrt(static_cast<double>(specs[0].shape[0])));
      case Style::kVgg:
        return FillNormal(weight, kVggClassifierDeviation);
      case Style::kConvNeXt:
        return FillNormal(weight, kConvNeXtDeviation);
      case Style::kResNet:
      case Style::kLeNet:
        return FillAsPyTorch(specs);
    }
  }

  // Weight and bias U(+-1 / sqrt(fan-in)).
  void FillAsPyTorch(const std::vector<ParameterSpec>& specs) {
    const auto fan_in = static_cast<double>(specs[0].size() / specs[0].shape[0]);
    for (const ParameterSpec& spec : specs) FillUniform(spec.name, 1 / std::sqrt(fan_in));
  }

  void FillNormal(const std::string& name, double deviation) {
    RandomValues(seed_, name).FillNormal(parameters_.Get(name), deviation);
  }
  void FillUniform(const std::string& name, double bound) {
    RandomValues(seed_, name).FillUniform(parameters_.Get(name), bound);
  }
  void FillConstant(const std::string& name, double value) {
    std::ranges::fill(parameters_.Get(name), static_cast<float>(value));
  }

  const Graph& graph_;
  const Style style_;
  const std::uint64_t seed_;
  Parameters parameters_;
  std::set<std::string> branch_ends_;
};

}  // namespace

Parameters InitialParameters(const Graph& graph, std::string_view architecture,
                             std::uint64_t seed) {
  return Initializer(graph, StyleOf(architecture), seed).Run();
}

}  // namespace avocet
