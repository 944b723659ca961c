// Depthwise convolutions by our own kernels (engine/kernels).
#ifndef AVOCET_ENGINE_ONEDNN_LOWER_DEPTHWISE_H_
#define AVOCET_ENGINE_ONEDNN_LOWER_DEPTHWISE_H_

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

#include "engine/graph/graph.h"
#include "engine/kernels/depthwise.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/team.h"

namespace avocet {

// Computes the rows of all images, in at most `parts` consecutive parts on as many threads. `sums`
// is null or [images, parts, channels].
template <typename Src, typename Dst>
void RunDepthwiseRows(const Depthwise<Src, Dst>& conv, int kernel, int stride, int images,
                      int parts, float* sums) {
  const auto channels = static_cast<std::size_t>(conv.channels);
  const auto src_size = static_cast<std::size_t>(conv.height * conv.width) * channels;
  const auto dst_size = static_cast<std::size_t>(conv.out_height * conv.out_width) * channels;
  ParallelRows(images, conv.out_height, [&](int part, int n, int first, int last) {
    float* own_sums = nullptr;
    if (sums != nullptr) {
      own_sums = sums + static_cast<std::size_t>(n * parts + part) * channels;
      std::fill_n(own_sums, channels, 0.0f);
    }
    Depthwise<Src, Dst> image = conv;
    image.src += static_cast<std::size_t>(n) * src_size;
    image.dst += static_cast<std::size_t>(n) * dst_size;
    RunDepthwise(image, kernel, stride, first, last, own_sums);
  });
}

// Whether `conv` is a depthwise convolution that the kernel can compute, with what follows it.
bool IsDepthwiseWithActivation(const Conv2d& conv, int in_channels);

// Whether `LowerDepthwise` is the way to compute `conv` of `in_channels` in numbers of `type` on
// this CPU. Depends on nothing else: all plans of a network pack a layer's weights alike.
bool TakesDepthwiseKernel(const Conv2d& conv, int in_channels, dnnl::memory::data_type type);

// A depthwise convolution's parameters as the kernels want them. For a source in 8 bits, its scale
// is in the weights.
struct DepthwiseParameters {
  dnnl::memory weights;
  std::optional<dnnl::memory> bias;
};
DepthwiseParameters FloatDepthwiseParameters(const Node& conv, Emitter& emitter);

// Emits the step that computes `dst` = the convolution of `src`, with what follows it. Both are of
// one type, or `src` is float32. Returns `dst`, which carries its sums where a pool reads it.
TensorRef EmitDepthwise(const Node& conv, const DepthwiseParameters& parameters,
                        const TensorRef& src, TensorRef dst, Emitter& emitter);

// As `LowerNode`. Where a pool reads the result, it carries its sums.
TensorRef LowerDepthwise(const Node& node, std::span<const TensorRef> inputs, Emitter& emitter);

// The global average pool of a result that carries its sums.
TensorRef LowerPoolOfSums(const Node& node, const TensorRef& src, Emitter& emitter);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_LOWER_DEPTHWISE_H_
