#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/onednn/team.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;
using Numbers = std::vector<float>;

constexpr float kEpsilon = 1e-6f;  // timm/layers/grn.py

struct Sizes {
  int images;
  int pixels;
  int channels;
  std::ptrdiff_t image() const { return std::ptrdiff_t{pixels} * channels; }
};

// norms [channels] of one image, and their mean plus epsilon.
template <typename T>
float Norms(const Sizes& sizes, const T* src, Numbers& norms) {
  norms.assign(static_cast<std::size_t>(sizes.channels), 0.0f);
  for (int p = 0; p < sizes.pixels; ++p) {
    for (float& norm : norms) {
      const float x = ToFloat(*src++);
      norm += x * x;
    }
  }
  float sum = 0;
  for (float& norm : norms) {
    norm = std::sqrt(norm);
    sum += norm;
  }
  return sum / static_cast<float>(sizes.channels) + kEpsilon;
}

// dst = src * (1 + weight * norm / mean) + bias.
template <typename T>
void Forward(const Sizes& sizes, const T* src, const float* weight, const float* bias, T* dst) {
  Numbers norms;
  const float mean = Norms(sizes, src, norms);
  for (int p = 0; p < sizes.pixels; ++p) {
    for (std::size_t c = 0; c < norms.size(); ++c) {
      const float factor = 1.0f + weight[c] * norms[c] / mean;
      SetNumber(ToFloat(*src++) * factor + bias[c], dst++);
    }
  }
}

// With dst = src + weight * src * norm / mean + bias, where norm is the channel's and mean that of
// all channels' norms:
//   d/d norm  = slope = weight * sum(diff_dst * src) / mean - (mean over channels of weight *
//               sum(diff_dst * src) * norm) / mean^2
//   diff_src  = diff_dst * (1 + weight * norm / mean) + slope * src / norm
// Adds the parameters' gradients to diff_weight and diff_bias [channels].
template <typename T>
void Backward(const Sizes& sizes, const T* src, const T* diff_dst, const float* weight,
              float* diff_weight, float* diff_bias, T* diff_src) {
  Numbers norms;
  const float mean = Norms(sizes, src, norms);
  Numbers products(norms.size());
  for (int p = 0; p < sizes.pixels; ++p) {
    for (std::size_t c = 0; c < norms.size(); ++c) {
      const std::ptrdiff_t i = std::ptrdiff_t{p} * sizes.channels + static_cast<std::ptrdiff_t>(c);
      products[c] += ToFloat(diff_dst[i]) * ToFloat(src[i]);
      diff_bias[c] += ToFloat(diff_dst[i]);
    }
  }
  float shared = 0;
  for (std::size_t c = 0; c < norms.size(); ++c) {
    diff_weight[c] += products[c] * norms[c] / mean;
    shared += weight[c] * products[c] * norms[c] / static_cast<float>(sizes.channels);
  }
  for (std::size_t c = 0; c < norms.size(); ++c) {
    const float slope = weight[c] * products[c] / mean - shared / (mean * mean);
    const float linear = norms[c] > 0 ? slope / norms[c] : 0.0f;
    const float factor = 1.0f + weight[c] * norms[c] / mean;
    for (int p = 0; p < sizes.pixels; ++p) {
      const std::ptrdiff_t i = std::ptrdiff_t{p} * sizes.channels + static_cast<std::ptrdiff_t>(c);
      SetNumber(ToFloat(diff_dst[i]) * factor + linear * ToFloat(src[i]), diff_src + i);
    }
  }
}

const float* Data(const dnnl::memory& memory) {
  return static_cast<const float*>(memory.get_data_handle());
}

void EmitBackward(const Sizes& sizes, NodeId id, const TensorRef& src, const TensorRef& diff_dst,
                  Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const dnnl::memory weight = tape.Vector(name + ".weight", sizes.channels);
  const dnnl::memory::desc vector({sizes.channels}, DataType::f32, Tag::x);
  // One of each for every image, so that the sums do not depend on the threads.
  const TensorRef partial =
      emitter.NewTensor({{sizes.images, 2, sizes.channels}, DataType::f32, Tag::abc});
  const TensorRef diff_weight = emitter.NewTensor(vector);
  const TensorRef diff_bias = emitter.NewTensor(vector);
  const TensorRef diff_src = emitter.NewTensor(src.desc);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(
        name + ".diff_src", "own:plain", {src, diff_dst, partial, diff_weight, diff_bias, diff_src},
        [=](std::span<void* const> addresses) {
          auto* own = static_cast<float*>(addresses[2]);
          std::fill_n(own, std::ptrdiff_t{2} * sizes.images * sizes.channels, 0.0f);
          ParallelFor(sizes.images, [&](int begin, int end) {
            for (int n = begin; n < end; ++n) {
              float* sums = own + std::ptrdiff_t{2} * n * sizes.channels;
              Backward(sizes, static_cast<const T*>(addresses[0]) + n * sizes.image(),
                       static_cast<const T*>(addresses[1]) + n * sizes.image(), Data(weight), sums,
                       sums + sizes.channels, static_cast<T*>(addresses[5]) + n * sizes.image());
            }
          });
          for (int c = 0; c < sizes.channels; ++c) {
            float sums[2] = {0, 0};
            for (int i = 0; i < 2 * sizes.images; ++i) sums[i % 2] += own[i * sizes.channels + c];
            static_cast<float*>(addresses[3])[c] = sums[0];
            static_cast<float*>(addresses[4])[c] = sums[1];
          }
        });
  });
  if (tape.IsTrainable(name + ".weight")) tape.StoreGradient(name + ".weight", diff_weight, vector);
  if (tape.IsTrainable(name + ".bias")) tape.StoreGradient(name + ".bias", diff_bias, vector);
  tape.AddGradient(id, 0, diff_src);
}

}  // namespace

TensorRef LowerTraining(const GlobalResponseNorm&, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  Emitter& emitter = tape.emitter();
  const Sizes sizes = {node.shape.n, node.shape.h * node.shape.w, node.shape.c};
  const dnnl::memory weight = tape.Vector(node.name + ".weight", sizes.channels);
  const dnnl::memory bias = tape.Vector(node.name + ".bias", sizes.channels);
  const TensorRef src = tape.Input(id);
  const TensorRef dst = emitter.NewTensor(src.desc);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(node.name, "own:plain", {src, dst}, [=](std::span<void* const> addresses) {
      ParallelFor(sizes.images, [&](int begin, int end) {
        for (int n = begin; n < end; ++n) {
          Forward(sizes, static_cast<const T*>(addresses[0]) + n * sizes.image(), Data(weight),
                  Data(bias), static_cast<T*>(addresses[1]) + n * sizes.image());
        }
      });
    });
  });
  tape.OnBackward(
      id, [=, &tape](const TensorRef& diff_dst) { EmitBackward(sizes, id, src, diff_dst, tape); });
  return dst;
}

}  // namespace avocet
