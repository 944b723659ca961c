#include "engine/quantization/calibration.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/onednn/inference_plan.h"
#include "engine/quantization/quantizable.h"

namespace avocet {
namespace {

// Adds the values of each channel, channels last. False if one of them is not finite.
bool AddToSums(std::span<const float> values, std::vector<double>& sums) {
  const std::size_t channels = sums.size();
  std::vector<float> image(channels);
  for (std::size_t pixel = 0; pixel < values.size(); pixel += channels) {
    for (std::size_t c = 0; c < channels; ++c) image[c] += values[pixel + c];
  }
  // A NaN or an infinity in a channel leaves its sum none the better.
  for (std::size_t c = 0; c < channels; ++c) sums[c] += double{image[c]};
  return std::ranges::all_of(image, [](float sum) { return std::isfinite(sum); });
}

}  // namespace

absl::StatusOr<Statistics> CollectStatistics(const Graph& graph, InferencePlan& plan,
                                             std::span<const std::vector<float>> images) {
  Statistics statistics;
  std::map<std::string, double, std::less<>> pixels;  // an image
  const std::vector<bool> quantizable = QuantizableResults(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!quantizable[static_cast<std::size_t>(id)]) continue;
    const Node& node = graph.node(id);
    pixels[node.name] = node.shape.h * node.shape.w;
    statistics[node.name].channel_means.resize(static_cast<std::size_t>(node.shape.c));
  }
  std::string broken;
  for (const std::vector<float>& image : images) {
    AVOCET_CHECK(image.size() == plan.input().size());
    std::copy(image.begin(), image.end(), plan.input().begin());
    plan.Observe([&](std::string_view name, std::span<const float> values) {
      const auto found = statistics.find(std::string(name));
      if (found == statistics.end() || !broken.empty()) return;
      if (AddToSums(values, found->second.channel_means)) {
        found->second.histogram.Add(values);
      } else {
        broken = name;
      }
    });
    if (!broken.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected finite activations, found others at node \"", broken,
                       "\"; did the training diverge?"));
    }
  }
  for (auto& [name, activation] : statistics) {
    const double count = pixels[name] * static_cast<double>(images.size());
    for (double& mean : activation.channel_means) mean /= count;
  }
  return statistics;
}

}  // namespace avocet
