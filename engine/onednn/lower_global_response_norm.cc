#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "engine/onednn/lower.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

constexpr float kEpsilon = 1e-6f;  // timm/layers/grn.py

// Pixels of one image, channels last.
struct Image {
  const float* src;
  float* dst;
  int pixels;
  int channels;
};

// factor[c] = 1 + weight[c] * norm[c] / mean of the norms.
void Factors(const Image& image, const float* weight, std::vector<float>& factor) {
  std::fill(factor.begin(), factor.end(), 0.0f);
  for (int p = 0; p < image.pixels; ++p) {
    const float* row = image.src + std::ptrdiff_t{p} * image.channels;
    for (std::size_t c = 0; c < factor.size(); ++c) factor[c] += row[c] * row[c];
  }
  float mean = 0;
  for (float& f : factor) {
    f = std::sqrt(f);
    mean += f;
  }
  mean = mean / static_cast<float>(image.channels) + kEpsilon;
  for (std::size_t c = 0; c < factor.size(); ++c) factor[c] = 1.0f + weight[c] * factor[c] / mean;
}

void Apply(const Image& image, const std::vector<float>& factor, const float* bias, int begin,
           int end) {
  for (int p = begin; p < end; ++p) {
    const float* src = image.src + std::ptrdiff_t{p} * image.channels;
    float* dst = image.dst + std::ptrdiff_t{p} * image.channels;
    for (std::size_t c = 0; c < factor.size(); ++c) dst[c] = src[c] * factor[c] + bias[c];
  }
}

}  // namespace

TensorRef Lower(const GlobalResponseNorm&, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  const Shape shape = node.shape;
  const dnnl::memory::desc per_channel({shape.c}, dnnl::memory::data_type::f32,
                                       dnnl::memory::format_tag::x);
  const dnnl::memory weight = emitter.Weights(node.name + ".weight", per_channel, per_channel);
  const dnnl::memory bias = emitter.Weights(node.name + ".bias", per_channel, per_channel);
  const TensorRef src =
      emitter.Convert(node.name + ".to_float32", inputs[0], dnnl::memory::data_type::f32);
  const TensorRef dst = emitter.NewTensor(src.desc);
  emitter.KernelStep(
      node.name, "own:plain", {src, dst},
      [=, factor = std::vector<float>(static_cast<std::size_t>(shape.c))](
          std::span<void* const> addresses) mutable {
        const int pixels = shape.h * shape.w;
        for (int n = 0; n < shape.n; ++n) {
          const std::ptrdiff_t offset = std::ptrdiff_t{n} * pixels * shape.c;
          const Image image = {static_cast<const float*>(addresses[0]) + offset,
                               static_cast<float*>(addresses[1]) + offset, pixels, shape.c};
          Factors(image, static_cast<const float*>(weight.get_data_handle()), factor);
          ParallelFor(pixels, [&](int begin, int end) {
            Apply(image, factor, static_cast<const float*>(bias.get_data_handle()), begin, end);
          });
        }
      });
  return dst;
}

}  // namespace avocet
