#include <cmath>
#include <string>

#include "engine/passes/pass.h"
#include "engine/passes/rewriter.h"

namespace avocet {
namespace {

// norm(conv(x)) = scale * weight * x + (scale * (conv bias - mean) + norm bias), with scale = norm
// weight / sqrt(variance + eps). The norm's bias becomes the convolution's where that has none.
void FoldParameters(const BatchNorm& norm, const std::string& norm_name, bool has_bias,
                    const std::string& conv_name, Parameters& parameters) {
  const std::span<float> weight = parameters.Get(conv_name + ".weight");
  const std::span<const float> gain = parameters.Get(norm_name + ".weight");
  const std::span<const float> mean = parameters.Get(norm_name + ".running_mean");
  const std::span<const float> variance = parameters.Get(norm_name + ".running_var");
  const std::span<float> shift = parameters.Get(norm_name + ".bias");
  const std::span<float> bias = has_bias ? parameters.Get(conv_name + ".bias") : shift;
  const std::size_t filter_size = weight.size() / gain.size();
  for (std::size_t c = 0; c < gain.size(); ++c) {
    const double scale = gain[c] / std::sqrt(double{variance[c]} + double{norm.epsilon});
    for (float& w : weight.subspan(c * filter_size, filter_size)) w = static_cast<float>(w * scale);
    const double conv_bias = has_bias ? bias[c] : 0.0;
    bias[c] = static_cast<float>(shift[c] + scale * (conv_bias - mean[c]));
  }
  for (const char* suffix : {".weight", ".running_mean", ".running_var"}) {
    parameters.Remove(norm_name + suffix);
  }
  if (has_bias) {
    parameters.Remove(norm_name + ".bias");
  } else {
    parameters.Rename(norm_name + ".bias", conv_name + ".bias");
  }
}

}  // namespace

Graph FoldBatchNorm(const Graph& graph, Parameters& parameters) {
  const auto consumers = graph.Consumers();
  // For each norm the convolution that takes it in, or -1.
  std::vector<NodeId> folded(consumers.size(), -1);
  Rewriter rewriter(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    const auto* norm = std::get_if<BatchNorm>(&node.op);
    if (norm == nullptr) {
      const auto& readers = consumers[static_cast<std::size_t>(id)];
      const auto* conv = std::get_if<Conv2d>(&node.op);
      if (conv != nullptr && conv->post_ops.empty() && readers.size() == 1 &&
          std::holds_alternative<BatchNorm>(graph.node(readers[0]).op)) {
        folded[static_cast<std::size_t>(readers[0])] = id;
        Node with_bias = node;
        std::get<Conv2d>(with_bias.op).bias = true;
        rewriter.Keep(id, std::move(with_bias));
      } else {
        rewriter.Keep(id);
      }
      continue;
    }
    const NodeId conv_id = folded[static_cast<std::size_t>(id)];
    if (conv_id < 0) {
      rewriter.Keep(id);
      continue;
    }
    const Node& conv = graph.node(conv_id);
    FoldParameters(*norm, node.name, std::get<Conv2d>(conv.op).bias, conv.name, parameters);
    rewriter.Replace(id, conv_id);
  }
  return std::move(rewriter).Finish();
}

}  // namespace avocet
