#include "tests/reference/interpreter.h"

#include <utility>

#include "engine/base/check.h"
#include "tests/reference/kernels.h"

namespace avocet {
namespace {

Tensor RunConv(const Conv2d& conv, const Node& node, const Parameters& parameters,
               const std::vector<Tensor>& results) {
  const auto input = [&](std::size_t i) -> const Tensor& {
    return results[static_cast<std::size_t>(node.inputs[i])];
  };
  Tensor dst = ReferenceConv(
      conv, input(0), parameters.Get(node.name + ".weight"),
      conv.bias ? parameters.Get(node.name + ".bias") : std::span<const float>{}, node.shape);
  for (const PostOp& post_op : conv.post_ops) {
    for (std::size_t i = 0; i < dst.data.size(); ++i) {
      if (const auto* activation = std::get_if<ActivationPostOp>(&post_op)) {
        dst.data[i] = ReferenceActivation(activation->kind, dst.data[i]);
      } else {
        dst.data[i] += input(1).data[i];
      }
    }
  }
  return dst;
}

enum class Mode { kInference, kTraining };

Tensor RunNode(const Node& node, Mode mode, const Parameters& parameters,
               const std::vector<Tensor>& results) {
  const auto input = [&](std::size_t i) -> const Tensor& {
    return results[static_cast<std::size_t>(node.inputs[i])];
  };
  const auto parameter = [&](const char* suffix) { return parameters.Get(node.name + suffix); };
  return std::visit(
      Overloaded{
          [&](const Input&) -> Tensor { AVOCET_CHECK(false); },
          [&](const Conv2d& conv) { return RunConv(conv, node, parameters, results); },
          [&](const BatchNorm& norm) {
            if (mode == Mode::kTraining) {
              return ReferenceBatchNormOfBatch(norm, input(0), parameter(".weight"),
                                               parameter(".bias"));
            }
            return ReferenceBatchNorm(norm, input(0), parameter(".weight"), parameter(".bias"),
                                      parameter(".running_mean"), parameter(".running_var"));
          },
          [&](const Activation& activation) {
            Tensor dst = input(0);
            for (double& x : dst.data) x = ReferenceActivation(activation.kind, x);
            return dst;
          },
          [&](const Add&) {
            Tensor dst = input(0);
            for (std::size_t i = 0; i < dst.data.size(); ++i) dst.data[i] += input(1).data[i];
            return dst;
          },
          [&](const GlobalAveragePool&) { return ReferenceGlobalAveragePool(input(0)); },
          [&](const ChannelScale&) { return ReferenceChannelScale(input(0), input(1)); },
          [&](const LayerNorm& norm) {
            return ReferenceLayerNorm(norm, input(0), parameter(".weight"), parameter(".bias"));
          },
          [&](const LayerScale&) { return ReferenceLayerScale(input(0), parameter("")); },
          [&](const GlobalResponseNorm&) {
            return ReferenceGlobalResponseNorm(input(0), parameter(".weight"), parameter(".bias"));
          },
          [&](const MaxPool& pool) { return ReferenceMaxPool(pool, input(0), node.shape); },
          [&](const ScaledAveragePool& pool) {
            return ReferenceScaledAveragePool(pool, input(0), parameter(".weight")[0],
                                              parameter(".bias")[0], node.shape);
          },
          [&](const PoolUp&) { return ReferencePoolUp(input(0), node.shape); },
          [&](const Linear&) {
            return ReferenceLinear(input(0), parameter(".weight"), parameter(".bias"), node.shape);
          },
          [&](const Dropout&) { return input(0); },
          [&](const DropPath&) { return input(0); },
      },
      node.op);
}

std::vector<double> Run(const Graph& graph, Mode mode, const Parameters& parameters,
                        std::span<const double> images) {
  std::vector<Tensor> results;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<Input>(node.op)) {
      results.emplace_back(node.shape);
      AVOCET_CHECK(images.size() == results[0].data.size());
      results[0].data.assign(images.begin(), images.end());
    } else {
      results.push_back(RunNode(node, mode, parameters, results));
    }
    AVOCET_CHECK(results.back().shape == node.shape);
  }
  return std::move(results.back().data);
}

}  // namespace

std::vector<double> Interpret(const Graph& graph, const Parameters& parameters,
                              std::span<const double> images) {
  return Run(graph, Mode::kInference, parameters, images);
}

std::vector<double> InterpretTraining(const Graph& graph, const Parameters& parameters,
                                      std::span<const double> images) {
  return Run(graph, Mode::kTraining, parameters, images);
}

}  // namespace avocet
