#include "engine/onednn/training/gated_norm.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/kernels/gated_norm.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/own_step.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// Calls body(image, pixels, offset) for the part of each image that `turn` has: `offset` is that of
// its numbers.
template <typename Body>
void ForParts(const Norm& norm, const Rows& turn, const Body& body) {
  ForImages(turn, norm.shape.h, [&](int image, int begin, int end, int offset) {
    body(image, (end - begin) * norm.shape.w, offset * norm.row_size());
  });
}

// The means over the pixels of each image [N, C, 1, 1].
TensorRef EmitPool(const Norm& norm, const std::string& name, Emitter& emitter) {
  const Shape shape = norm.shape;
  const TensorRef dst = emitter.NewTensor(emitter.Activation({shape.n, shape.c, 1, 1}));
  const ImageSums sums(shape);
  RowStep step = OwnStep(norm.name + " + " + name, norm.shape);
  step.by_row = {norm.src};
  step.reads = {norm.statistics};
  step.writes = {dst, sums.NewTensor(emitter)};
  step.start = [sums](RowStep::Whole whole) { sums.Clear(whole[2]); };
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      ForParts(norm, turn, [&](int image, int pixels, std::ptrdiff_t offset) {
        AddNormResults(ChannelsOf(norm, whole[0]), static_cast<const T*>(tensors[0].rows) + offset,
                       pixels, sums.Of(turn, image, whole[2]));
      });
    };
    step.finish = [=](RowStep::Whole whole) {
      StoreTotals<T>(sums, whole[2], shape.c, shape.h * shape.w, whole[1]);
    };
  });
  emitter.AppendRows(std::move(step));
  return dst;
}

// The norm's results times the gates [N, C, 1, 1].
TensorRef EmitScale(const Norm& norm, const std::string& name, const TensorRef& gate,
                    Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(norm.src.desc);
  RowStep step = OwnStep(norm.name + " + " + name, norm.shape);
  step.by_row = {norm.src, dst};
  step.reads = {norm.statistics, gate};
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      ForParts(norm, turn, [&](int image, int pixels, std::ptrdiff_t offset) {
        const std::vector<float> factor = VectorOf<T>(whole[1], image, norm.channels());
        NormForward(ChannelsOf(norm, whole[0]), static_cast<const T*>(tensors[0].rows) + offset,
                    factor.data(), pixels, static_cast<T*>(tensors[1].rows) + offset);
      });
    };
  });
  emitter.AppendRows(std::move(step));
  return dst;
}

// What the backward passes of the three nodes leave for one another.
struct GateGradients {
  TensorRef sums;       // [N, kGateSums, C] doubles
  TensorRef diff_gate;  // [N, C, 1, 1]
  TensorRef diff_mean;  // [N, C, 1, 1], of the pool's result
};

// From the gradient of the product with the gate.
void EmitSums(const Norm& norm, const std::string& name, const TensorRef& gate,
              const TensorRef& diff_dst, GateGradients* gradients, Emitter& emitter) {
  const Shape shape = norm.shape;
  const int count = kGateSums * shape.c;  // of an image
  gradients->sums = emitter.NewTensor({{std::int64_t{8} * shape.n * count}, DataType::u8, Tag::x});
  gradients->diff_gate = emitter.NewTensor(gate.desc);
  const ImageSums sums({shape.n, count, shape.h, shape.w});
  RowStep step = OwnStep(name + ".diff_gate", norm.shape);
  step.by_row = {norm.src, diff_dst};
  step.reads = {norm.statistics};
  step.writes = {gradients->diff_gate, gradients->sums, sums.NewTensor(emitter)};
  step.start = [sums](RowStep::Whole whole) { sums.Clear(whole[3]); };
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      ForParts(norm, turn, [&](int image, int pixels, std::ptrdiff_t offset) {
        AddGateGradients(ChannelsOf(norm, whole[0]),
                         static_cast<const T*>(tensors[0].rows) + offset,
                         static_cast<const T*>(tensors[1].rows) + offset, pixels,
                         sums.Of(turn, image, whole[3]));
      });
    };
    step.finish = [=](RowStep::Whole whole) {
      sums.ForTotals(whole[3], [&](int image, const double* total) {
        std::copy_n(total, count, static_cast<double*>(whole[2]) + std::ptrdiff_t{image} * count);
        T* diff = static_cast<T*>(whole[1]) + std::ptrdiff_t{image} * shape.c;
        const double* of_gate = total + kGateDiff * shape.c;
        for (int c = 0; c < shape.c; ++c) SetNumber(static_cast<float>(of_gate[c]), diff + c);
      });
    };
  });
  emitter.AppendRows(std::move(step));
}

// The gradients of the norm's parameters: that of its result is, in each image, that of the product
// times the gate plus the pool's share. Returns what NormBackward subtracts of them [2, channels].
TensorRef EmitParameterGradients(const Norm& norm, const NormStores& stores, const TensorRef& gate,
                                 const GateGradients& gradients, Emitter& emitter) {
  const int channels = norm.channels();
  const TensorRef means = emitter.NewTensor({{2, channels}, DataType::f32, Tag::ab});
  WithType(norm.type, [&]<typename T>(T*) {
    emitter.KernelStep(
        norm.name + ".diff_weights", "own:plain",
        {gate, gradients.diff_mean, gradients.sums, means}, [=](std::span<void* const> addresses) {
          std::vector<double> total(2 * static_cast<std::size_t>(channels));
          const auto* image_sums = static_cast<const double*>(addresses[2]);
          for (int image = 0; image < norm.shape.n; ++image, image_sums += kGateSums * channels) {
            const std::vector<float> factor = VectorOf<T>(addresses[0], image, channels);
            const std::vector<float> diff_mean = VectorOf<T>(addresses[1], image, channels);
            for (int c = 0; c < channels; ++c) {
              const auto i = static_cast<std::size_t>(c);
              const double added =
                  static_cast<double>(diff_mean[i]) / (norm.shape.h * norm.shape.w);
              const auto sum = [&](GateSum which) { return image_sums[which * channels + c]; };
              total[i] += factor[i] * sum(kGateSlopeDiff) + added * sum(kGateSlope);
              total[i + static_cast<std::size_t>(channels)] +=
                  factor[i] * sum(kGateSlopeDiffNormal) + added * sum(kGateSlopeNormal);
            }
          }
          StoreNormGradients(norm, stores, total.data(), static_cast<float*>(addresses[3]));
        });
  });
  return means;
}

TensorRef EmitBackward(const Norm& norm, const TensorRef& gate, const GateGradients& gradients,
                       const TensorRef& means, const TensorRef& diff_dst, Emitter& emitter) {
  const int channels = norm.channels();
  const TensorRef diff_src = emitter.NewTensor(norm.src.desc);
  RowStep step = OwnStep(norm.name + ".diff_src", norm.shape);
  step.by_row = {norm.src, diff_dst, diff_src};
  step.reads = {norm.statistics, means, gate, gradients.diff_mean};
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [=, streams = StreamsResults(norm, emitter)](
                   const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      const auto* mean = static_cast<const float*>(whole[1]);
      ForParts(norm, turn, [&](int image, int pixels, std::ptrdiff_t offset) {
        const std::vector<float> factor = VectorOf<T>(whole[2], image, channels);
        std::vector<float> added = VectorOf<T>(whole[3], image, channels);
        for (float& value : added) value /= static_cast<float>(norm.shape.h * norm.shape.w);
        NormBackward(ChannelsOf(norm, whole[0], streams && !tensors[2].is_reused),
                     {.mean_diff = mean,
                      .mean_product = mean + channels,
                      .gate = factor.data(),
                      .added = added.data()},
                     static_cast<const T*>(tensors[0].rows) + offset,
                     static_cast<const T*>(tensors[1].rows) + offset, pixels,
                     static_cast<T*>(tensors[2].rows) + offset);
      });
    };
  });
  emitter.AppendRows(std::move(step));
  return diff_src;
}

}  // namespace

std::optional<GateNodes> FindGate(NodeId result, const Tape& tape) {
  const std::vector<NodeId>& readers = tape.Readers(result);
  if (readers.size() != 2) return std::nullopt;
  GateNodes nodes = {.pool = -1, .scale = -1};
  for (const NodeId reader : readers) {
    const Node& node = tape.graph().node(reader);
    if (std::holds_alternative<GlobalAveragePool>(node.op)) nodes.pool = reader;
    if (std::holds_alternative<ChannelScale>(node.op) && node.inputs[0] == result) {
      nodes.scale = reader;
    }
  }
  if (nodes.pool < 0 || nodes.scale < 0) return std::nullopt;
  return nodes;
}

void LowerGatedNorm(const Norm& norm, NodeId id, const GateNodes& nodes, Tape& tape) {
  const Graph& graph = tape.graph();
  const NodeId result = graph.node(nodes.pool).inputs[0];
  auto gradients = std::make_shared<GateGradients>();
  tape.SetResult(nodes.pool, EmitPool(norm, graph.node(nodes.pool).name, tape.emitter()));
  tape.OnBackward(nodes.pool, [=](const TensorRef& diff_dst) { gradients->diff_mean = diff_dst; });
  tape.LowerBy(nodes.scale, [=, &tape] {
    const std::string name = tape.graph().node(nodes.scale).name;
    const TensorRef gate = tape.Input(nodes.scale, 1);
    const auto emit = [=, &tape] { return EmitScale(norm, name, gate, tape.emitter()); };
    tape.SetResult(nodes.scale, emit());
    tape.OnRecompute(nodes.scale, emit);
    tape.OnBackward(nodes.scale, [=, &tape](const TensorRef& diff_dst) {
      EmitSums(norm, name, gate, diff_dst, gradients.get(), tape.emitter());
      tape.AddGradient(nodes.scale, 1, gradients->diff_gate);
      // Not yet times the gate: `result` is asked for its gradient, and multiplies.
      tape.AddGradient(nodes.scale, 0, diff_dst);
    });
  });
  if (result != id) tape.LowerBy(result, [] {});
  tape.OnBackward(result, [=, &tape](const TensorRef& diff_dst) {
    AVOCET_CHECK(gradients->diff_mean.id >= 0);
    const TensorRef gate = tape.Input(nodes.scale, 1);
    const TensorRef means =
        EmitParameterGradients(norm, StoresOf(norm, tape), gate, *gradients, tape.emitter());
    if (!tape.NeedsGradient(tape.graph().node(id).inputs[0])) return;
    tape.AddGradient(id, 0, EmitBackward(norm, gate, *gradients, means, diff_dst, tape.emitter()));
  });
}

}  // namespace avocet
