#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/kernels/batch_norm.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// PyTorch's weight of a batch's statistics in the running ones.
constexpr float kMomentum = 0.1f;

// Bytes of a tensor of which little is still in the last cache when all of it has been written:
// there are CPUs with more cache, but it is shared with what is read meanwhile.
constexpr std::int64_t kLargeTensor = 16 << 20;

// A norm and its neighbourhood, as its steps see it.
struct Norm {
  std::string name;
  std::optional<ActivationKind> activation;
  int pixels;
  int channels;
  float epsilon;
  bool is_frozen;  // normalises with running statistics
  DataType type;
  dnnl::memory weight;
  dnnl::memory bias;
  dnnl::memory running_mean;
  dnnl::memory running_var;
  TensorRef src;
  TensorRef statistics;  // [2, channels]: mean, 1 / sqrt(variance + epsilon)
  Collective* collective;
  StepState* state;
};

float* Data(const dnnl::memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

// Calls body(begin, end, sums) on parts of the pixels, with sums [2, channels] that start at zero
// and are added up.
template <typename Body>
void SumOverPixels(const Norm& norm, double* sums, const Body& body) {
  const int parts = std::min(TeamSize(), norm.pixels);
  std::fill_n(sums, 2 * parts * norm.channels, 0.0);
  ParallelTeam(norm.pixels, [&](int part, int begin, int end) {
    body(begin, end, sums + 2 * part * norm.channels);
  });
  for (int part = 1; part < parts; ++part) {
    for (int i = 0; i < 2 * norm.channels; ++i) sums[i] += sums[2 * part * norm.channels + i];
  }
}

void SumOverProcesses(const Norm& norm, double* sums) {
  if (norm.collective == nullptr) return;
  norm.collective->Sum(std::span(sums, static_cast<std::size_t>(2 * norm.channels)));
}

double CountOf(const Norm& norm) {
  return static_cast<double>(norm.pixels) *
         (norm.collective == nullptr ? 1 : norm.collective->size());
}

bool Streams(const Norm& norm) {
  const std::int64_t size = std::int64_t{norm.pixels} * norm.channels;
  return norm.type == DataType::f32 && norm.channels % 16 == 0 &&
         size * std::int64_t{sizeof(float)} > kLargeTensor;
}

NormChannels ChannelsOf(const Norm& norm, const void* statistics) {
  const auto* values = static_cast<const float*>(statistics);
  return {.channels = norm.channels,
          .mean = values,
          .inverse = values + norm.channels,
          .weight = Data(norm.weight),
          .bias = Data(norm.bias),
          .activation = norm.activation,
          .streams = Streams(norm)};
}

// Memory for sums [parts, 2, channels] of doubles.
TensorRef NewSums(const Norm& norm, Emitter& emitter) {
  const std::int64_t bytes = std::int64_t{16} * norm.channels * std::min(TeamSize(), norm.pixels);
  return emitter.NewTensor({{bytes}, DataType::u8, Tag::x});
}

void MoveRunningStatistics(const Norm& norm, int channel, double mean, double variance) {
  if (!norm.state->moves_statistics) return;
  const double count = CountOf(norm);
  float& running_mean = Data(norm.running_mean)[channel];
  float& running_var = Data(norm.running_var)[channel];
  const double unbiased = count > 1 ? variance * count / (count - 1) : variance;
  running_mean += kMomentum * (static_cast<float>(mean) - running_mean);
  running_var += kMomentum * (static_cast<float>(unbiased) - running_var);
}

template <typename T>
void ComputeStatistics(const Norm& norm, const T* src, float* statistics, double* sums) {
  const int channels = norm.channels;
  // Differences from the running mean: near the batch's, and the same in all processes.
  const float* origin = Data(norm.running_mean);
  SumOverPixels(norm, sums, [&](int begin, int end, double* own) {
    AddMoments(src + std::ptrdiff_t{begin} * channels, end - begin, channels, origin, own);
  });
  SumOverProcesses(norm, sums);
  const double count = CountOf(norm);
  for (int c = 0; c < channels; ++c) {
    const double shift = sums[c] / count;
    const double mean = shift + origin[c];
    const double variance = std::max(sums[channels + c] / count - shift * shift, 0.0);
    statistics[c] = static_cast<float>(mean);
    statistics[channels + c] = static_cast<float>(1.0 / std::sqrt(variance + norm.epsilon));
    MoveRunningStatistics(norm, c, mean, variance);
  }
}

void UseRunningStatistics(const Norm& norm, float* statistics) {
  for (int c = 0; c < norm.channels; ++c) {
    statistics[c] = Data(norm.running_mean)[c];
    statistics[norm.channels + c] = 1.0f / std::sqrt(Data(norm.running_var)[c] + norm.epsilon);
  }
}

void EmitStatistics(const Norm& norm, Emitter& emitter) {
  if (norm.is_frozen) {
    emitter.KernelStep(norm.name + ".statistics", "own:plain", {norm.statistics},
                       [norm](std::span<void* const> addresses) {
                         UseRunningStatistics(norm, static_cast<float*>(addresses[0]));
                       });
    return;
  }
  WithType(norm.type, [&]<typename T>(T*) {
    emitter.KernelStep(norm.name + ".statistics", "own:highway",
                       {norm.src, norm.statistics, NewSums(norm, emitter)},
                       [norm](std::span<void* const> addresses) {
                         ComputeStatistics(norm, static_cast<const T*>(addresses[0]),
                                           static_cast<float*>(addresses[1]),
                                           static_cast<double*>(addresses[2]));
                       });
  });
}

TensorRef EmitForward(const Norm& norm, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(norm.src.desc);
  WithType(norm.type, [&]<typename T>(T*) {
    emitter.KernelStep(norm.name, "own:highway", {norm.src, norm.statistics, dst},
                       [norm](std::span<void* const> addresses) {
                         const NormChannels channels = ChannelsOf(norm, addresses[1]);
                         ParallelFor(norm.pixels, [&](int begin, int end) {
                           const std::ptrdiff_t offset = std::ptrdiff_t{begin} * norm.channels;
                           NormForward<T>(channels, static_cast<const T*>(addresses[0]) + offset,
                                          nullptr, end - begin,
                                          static_cast<T*>(addresses[2]) + offset);
                         });
                       });
  });
  return dst;
}

// Gradients [channels] of the parameters, and what NormBackward subtracts of them [2, channels].
struct Gradients {
  TensorRef bias;
  TensorRef weight;
  TensorRef means;
};

Gradients EmitParameterGradients(const Norm& norm, const TensorRef& diff_dst, Emitter& emitter) {
  const dnnl::memory::desc vector({norm.channels}, DataType::f32, Tag::x);
  const Gradients gradients = {emitter.NewTensor(vector), emitter.NewTensor(vector),
                               emitter.NewTensor({{2, norm.channels}, DataType::f32, Tag::ab})};
  WithType(norm.type, [&]<typename T>(T*) {
    emitter.KernelStep(
        norm.name + ".diff_weights", "own:highway",
        {norm.src, norm.statistics, diff_dst, gradients.bias, gradients.weight, gradients.means,
         NewSums(norm, emitter)},
        [norm](std::span<void* const> addresses) {
          const NormChannels channels = ChannelsOf(norm, addresses[1]);
          auto* sums = static_cast<double*>(addresses[6]);
          SumOverPixels(norm, sums, [&](int begin, int end, double* own) {
            const std::ptrdiff_t offset = std::ptrdiff_t{begin} * norm.channels;
            AddNormGradients(channels, static_cast<const T*>(addresses[0]) + offset,
                             static_cast<const T*>(addresses[2]) + offset, end - begin, own);
          });
          for (int c = 0; c < norm.channels; ++c) {
            static_cast<float*>(addresses[3])[c] = static_cast<float>(sums[c]);
            static_cast<float*>(addresses[4])[c] = static_cast<float>(sums[norm.channels + c]);
          }
          if (!norm.is_frozen) SumOverProcesses(norm, sums);
          // Fixed statistics do not depend on the values.
          const double scale = norm.is_frozen ? 0.0 : 1.0 / CountOf(norm);
          auto* means = static_cast<float*>(addresses[5]);
          for (int i = 0; i < 2 * norm.channels; ++i)
            means[i] = static_cast<float>(sums[i] * scale);
        });
  });
  return gradients;
}

TensorRef EmitBackward(const Norm& norm, const TensorRef& means, const TensorRef& diff_dst,
                       Emitter& emitter) {
  const TensorRef diff_src = emitter.NewTensor(norm.src.desc);
  WithType(norm.type, [&]<typename T>(T*) {
    emitter.KernelStep(norm.name + ".diff_src", "own:highway",
                       {norm.src, norm.statistics, diff_dst, means, diff_src},
                       [norm](std::span<void* const> addresses) {
                         const NormChannels channels = ChannelsOf(norm, addresses[1]);
                         const auto* mean = static_cast<const float*>(addresses[3]);
                         ParallelFor(norm.pixels, [&](int begin, int end) {
                           const std::ptrdiff_t offset = std::ptrdiff_t{begin} * norm.channels;
                           NormBackward(channels, mean, mean + norm.channels,
                                        static_cast<const T*>(addresses[0]) + offset,
                                        static_cast<const T*>(addresses[2]) + offset, end - begin,
                                        static_cast<T*>(addresses[4]) + offset);
                         });
                       });
  });
  return diff_src;
}

}  // namespace

void LowerTraining(const BatchNorm& batch_norm, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  Emitter& emitter = tape.emitter();
  const int channels = node.shape.c;
  Norm norm = {.name = node.name,
               .activation = std::nullopt,
               .pixels = static_cast<int>(node.shape.size() / channels),
               .channels = channels,
               .epsilon = batch_norm.epsilon,
               .is_frozen = !tape.IsTrainable(node.name + ".weight"),
               .type = emitter.type(),
               .weight = tape.Vector(node.name + ".weight", channels),
               .bias = tape.Vector(node.name + ".bias", channels),
               .running_mean = tape.Vector(node.name + ".running_mean", channels),
               .running_var = tape.Vector(node.name + ".running_var", channels),
               .src = tape.Input(id),
               .statistics = emitter.NewTensor({{2, channels}, DataType::f32, Tag::ab}),
               .collective = tape.options().sync_batch_norm,
               .state = tape.state()};
  NodeId result = id;
  const NodeId reader = tape.OnlyReader(id);
  if (reader >= 0) {
    if (const auto* activation = std::get_if<Activation>(&tape.graph().node(reader).op)) {
      norm.activation = activation->kind;
      result = reader;
    }
  }
  EmitStatistics(norm, emitter);
  tape.SetResult(result, EmitForward(norm, emitter));
  tape.OnBackward(result, [=, &tape](const TensorRef& diff_dst) {
    Emitter& emit = tape.emitter();
    const Gradients gradients = EmitParameterGradients(norm, diff_dst, emit);
    const dnnl::memory::desc vector({channels}, DataType::f32, Tag::x);
    const std::string weight = norm.name + ".weight";
    const std::string bias = norm.name + ".bias";
    if (tape.IsTrainable(weight)) tape.StoreGradient(weight, gradients.weight, vector);
    if (tape.IsTrainable(bias)) tape.StoreGradient(bias, gradients.bias, vector);
    if (!tape.NeedsGradient(tape.graph().node(id).inputs[0])) return;
    tape.AddGradient(id, 0, EmitBackward(norm, gradients.means, diff_dst, emit));
  });
}

}  // namespace avocet
