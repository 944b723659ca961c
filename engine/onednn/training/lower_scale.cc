// Operators that multiply by a factor: of a channel and image, of a channel, of an image.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/kernels/channel_scale.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/random_mask.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

struct Sizes {
  int images;
  int pixels;  // of an image
  int channels;
  std::ptrdiff_t image() const { return std::ptrdiff_t{pixels} * channels; }
};

Sizes SizesOf(const Shape& shape) { return {shape.n, shape.h * shape.w, shape.c}; }

// One gate [channels] in float32.
template <typename T>
std::vector<float> GateOf(const void* gates, int image, int channels) {
  const T* gate = static_cast<const T*>(gates) + std::ptrdiff_t{image} * channels;
  std::vector<float> values;
  for (int c = 0; c < channels; ++c) values.push_back(ToFloat(gate[c]));
  return values;
}

// dst = src * gate.
TensorRef EmitGate(const std::string& name, const Sizes& sizes, const TensorRef& src,
                   const TensorRef& gate, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(src.desc);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(
        name, "own:highway", {src, gate, dst}, [=](std::span<void* const> addresses) {
          ParallelFor(sizes.images, [&](int begin, int end) {
            for (int n = begin; n < end; ++n) {
              const std::vector<float> factor = GateOf<T>(addresses[1], n, sizes.channels);
              ScaleChannels(static_cast<const T*>(addresses[0]) + n * sizes.image(), factor.data(),
                            sizes.pixels, sizes.channels,
                            static_cast<T*>(addresses[2]) + n * sizes.image());
            }
          });
        });
  });
  return dst;
}

// The gradient of the gate: sums over each image of src * diff_dst.
TensorRef EmitGateGradient(const std::string& name, const Sizes& sizes, const TensorRef& src,
                           const TensorRef& gate, const TensorRef& diff_dst, Emitter& emitter) {
  const TensorRef diff_gate = emitter.NewTensor(gate.desc);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(
        name, "own:highway", {src, diff_dst, diff_gate}, [=](std::span<void* const> addresses) {
          ParallelFor(sizes.images, [&](int begin, int end) {
            std::vector<double> sums(static_cast<std::size_t>(sizes.channels));
            for (int n = begin; n < end; ++n) {
              std::fill(sums.begin(), sums.end(), 0.0);
              AddProducts(static_cast<const T*>(addresses[0]) + n * sizes.image(),
                          static_cast<const T*>(addresses[1]) + n * sizes.image(), sizes.pixels,
                          sizes.channels, sums.data());
              T* diff = static_cast<T*>(addresses[2]) + std::ptrdiff_t{n} * sizes.channels;
              for (const double sum : sums) SetNumber(static_cast<float>(sum), diff++);
            }
          });
        });
  });
  return diff_gate;
}

// dst = src * gamma, one factor a channel.
TensorRef EmitScale(const std::string& name, const Sizes& sizes, const TensorRef& src,
                    const dnnl::memory& gamma, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(src.desc);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(name, "own:highway", {src, dst}, [=](std::span<void* const> addresses) {
      ParallelFor(sizes.images * sizes.pixels, [&](int begin, int end) {
        const std::ptrdiff_t offset = std::ptrdiff_t{begin} * sizes.channels;
        ScaleChannels(static_cast<const T*>(addresses[0]) + offset,
                      static_cast<const float*>(gamma.get_data_handle()), end - begin,
                      sizes.channels, static_cast<T*>(addresses[1]) + offset);
      });
    });
  });
  return dst;
}

// Sums over all pixels of src * diff_dst.
TensorRef EmitScaleGradient(const std::string& name, const Sizes& sizes, const TensorRef& src,
                            const TensorRef& diff_dst, Emitter& emitter) {
  const int all = sizes.images * sizes.pixels;
  const int parts = std::min(TeamSize(), all);
  const TensorRef diff_gamma = emitter.NewTensor({{sizes.channels}, DataType::f32, Tag::x});
  const TensorRef sums =
      emitter.NewTensor({{std::int64_t{8} * parts * sizes.channels}, DataType::u8, Tag::x});
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(name, "own:highway", {src, diff_dst, sums, diff_gamma},
                       [=](std::span<void* const> addresses) {
                         auto* partial = static_cast<double*>(addresses[2]);
                         std::fill_n(partial, parts * sizes.channels, 0.0);
                         ParallelTeam(all, [&](int part, int begin, int end) {
                           const std::ptrdiff_t offset = std::ptrdiff_t{begin} * sizes.channels;
                           AddProducts(static_cast<const T*>(addresses[0]) + offset,
                                       static_cast<const T*>(addresses[1]) + offset, end - begin,
                                       sizes.channels,
                                       partial + std::ptrdiff_t{part} * sizes.channels);
                         });
                         for (int c = 0; c < sizes.channels; ++c) {
                           double sum = 0;
                           for (int part = 0; part < parts; ++part)
                             sum += partial[part * sizes.channels + c];
                           static_cast<float*>(addresses[3])[c] = static_cast<float>(sum);
                         }
                       });
  });
  return diff_gamma;
}

// dst = src times 0 or 1 / (1 - rate), drawn for each image.
TensorRef EmitDrop(const std::string& name, const Sizes& sizes, const TensorRef& src,
                   const RandomMask& mask, StepState* state, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(src.desc);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(name, "own:highway", {src, dst}, [=](std::span<void* const> addresses) {
      ParallelFor(sizes.images, [&](int begin, int end) {
        for (int n = begin; n < end; ++n) {
          Scale(static_cast<const T*>(addresses[0]) + n * sizes.image(),
                mask.Factor(state->seed, static_cast<std::uint64_t>(n)), sizes.image(),
                static_cast<T*>(addresses[1]) + n * sizes.image());
        }
      });
    });
  });
  return dst;
}

}  // namespace

TensorRef LowerTraining(const ChannelScale&, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Sizes sizes = SizesOf(node.shape);
  const TensorRef src = tape.Input(id, 0);
  const TensorRef gate = tape.Input(id, 1);
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    if (tape.NeedsGradient(self.inputs[1])) {
      tape.AddGradient(
          id, 1,
          EmitGateGradient(self.name + ".diff_gate", sizes, src, gate, diff_dst, tape.emitter()));
    }
    if (tape.NeedsGradient(self.inputs[0])) {
      tape.AddGradient(id, 0,
                       EmitGate(self.name + ".diff_src", sizes, diff_dst, gate, tape.emitter()));
    }
  });
  return EmitGate(node.name, sizes, src, gate, tape.emitter());
}

TensorRef LowerTraining(const LayerScale&, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Sizes sizes = SizesOf(node.shape);
  const TensorRef src = tape.Input(id);
  const dnnl::memory gamma = tape.Vector(node.name, sizes.channels);
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    if (tape.IsTrainable(self.name)) {
      const TensorRef diff_gamma =
          EmitScaleGradient(self.name + ".diff_weights", sizes, src, diff_dst, tape.emitter());
      tape.StoreGradient(self.name, diff_gamma, diff_gamma.desc);
    }
    if (tape.NeedsGradient(self.inputs[0])) {
      tape.AddGradient(id, 0,
                       EmitScale(self.name + ".diff_src", sizes, diff_dst, gamma, tape.emitter()));
    }
  });
  return EmitScale(node.name, sizes, src, gamma, tape.emitter());
}

TensorRef LowerTraining(const DropPath& drop_path, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Sizes sizes = SizesOf(node.shape);
  const RandomMask mask(static_cast<std::uint64_t>(id), drop_path.rate);
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    tape.AddGradient(id, 0,
                     EmitDrop(tape.graph().node(id).name + ".diff_src", sizes, diff_dst, mask,
                              tape.state(), tape.emitter()));
  });
  return EmitDrop(node.name, sizes, tape.Input(id), mask, tape.state(), tape.emitter());
}

}  // namespace avocet
