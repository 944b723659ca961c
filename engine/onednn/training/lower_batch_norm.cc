#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "engine/kernels/batch_norm.h"
#include "engine/onednn/training/depthwise_rows.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/partial_sums.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// PyTorch's weight of a batch's statistics in the running ones.
constexpr float kMomentum = 0.1f;

// A norm and its neighbourhood, as its steps see it.
struct Norm {
  std::string name;
  std::optional<ActivationKind> activation;
  int rows;   // of all images
  int width;  // pixels a row
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

  PartialSums Sums() const { return {rows, 2 * channels}; }  // [2, channels]
};

float* Data(const dnnl::memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

void SumOverProcesses(const Norm& norm, double* sums) {
  if (norm.collective == nullptr) return;
  norm.collective->Sum(std::span(sums, static_cast<std::size_t>(2 * norm.channels)));
}

double CountOf(const Norm& norm) {
  return static_cast<double>(norm.rows) * norm.width *
         (norm.collective == nullptr ? 1 : norm.collective->size());
}

// Whether the kernels can write such results past the caches, and should.
bool Streams(const Norm& norm, const Emitter& emitter) {
  return norm.type == DataType::f32 && norm.channels % 16 == 0 &&
         static_cast<std::int64_t>(norm.src.desc.get_size()) >= emitter.turns().streamed_tensor;
}

NormChannels ChannelsOf(const Norm& norm, const void* statistics, bool streams = false) {
  const auto* values = static_cast<const float*>(statistics);
  return {.channels = norm.channels,
          .mean = values,
          .inverse = values + norm.channels,
          .weight = Data(norm.weight),
          .bias = Data(norm.bias),
          .activation = norm.activation,
          .streams = streams};
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

// From the sums over this process's pixels.
void ComputeStatistics(const Norm& norm, double* sums, float* statistics) {
  const int channels = norm.channels;
  const float* origin = Data(norm.running_mean);
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

RowStep NewStep(const Norm& norm, const char* suffix) {
  RowStep step;
  step.name = norm.name + suffix;
  step.implementation = "own:highway";
  step.rows = norm.rows;
  return step;
}

void EmitStatistics(const Norm& norm, Emitter& emitter) {
  if (norm.is_frozen) {
    emitter.KernelStep(norm.name + ".statistics", "own:plain", {norm.statistics},
                       [norm](std::span<void* const> addresses) {
                         UseRunningStatistics(norm, static_cast<float*>(addresses[0]));
                       });
    return;
  }
  RowStep step = NewStep(norm, ".statistics");
  step.by_row = {norm.src};
  const PartialSums sums = norm.Sums();
  step.writes = {norm.statistics, sums.NewTensor(emitter)};
  step.start = [sums](RowStep::Whole whole) { sums.Clear(whole[1]); };
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [norm, sums](const Rows& turn, std::span<const RowTensor> tensors,
                            RowStep::Whole whole) {
      // Differences from the running mean: near the batch's, and the same in all processes.
      AddMoments(static_cast<const T*>(tensors[0].rows), turn.count() * norm.width, norm.channels,
                 Data(norm.running_mean), sums.Of(turn, whole[1]));
    };
  });
  step.finish = [norm, sums](RowStep::Whole whole) {
    ComputeStatistics(norm, sums.Total(whole[1]), static_cast<float*>(whole[0]));
  };
  emitter.AppendRows(std::move(step));
}

// dst = the results of `rows` rows of src.
template <typename T>
void Normalise(const Norm& norm, const void* statistics, bool streams, const T* src, int rows,
               void* dst) {
  NormForward<T>(ChannelsOf(norm, statistics, streams), src, nullptr, rows * norm.width,
                 static_cast<T*>(dst));
}

TensorRef EmitForward(const Norm& norm, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(norm.src.desc);
  RowStep step = NewStep(norm, "");
  step.by_row = {norm.src, dst};
  step.reads = {norm.statistics};
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [norm, streams = Streams(norm, emitter)](
                   const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      Normalise(norm, whole[0], streams && !tensors[1].is_reused,
                static_cast<const T*>(tensors[0].rows), turn.count(), tensors[1].rows);
    };
  });
  emitter.AppendRows(std::move(step));
  return dst;
}

// What EmitForward computes, for a reader that wants it by rows.
RowSource ForwardRows(const Norm& norm) {
  RowSource source = {.reads = {norm.src, norm.statistics}, .run = nullptr};
  WithType(norm.type, [&]<typename T>(T*) {
    source.run = [norm](int first, int last, std::span<void* const> whole, void* dst) {
      const std::ptrdiff_t row = std::ptrdiff_t{norm.width} * norm.channels;
      Normalise(norm, whole[1], /*streams=*/false, static_cast<const T*>(whole[0]) + first * row,
                last - first, dst);
    };
  });
  return source;
}

using Store = std::function<void(const float* values)>;

// The gradients [channels] of the parameters, which go to `bias` and `weight` where these are
// there. Returns what NormBackward subtracts of them [2, channels].
TensorRef EmitParameterGradients(const Norm& norm, const TensorRef& diff_dst, const Store& weight,
                                 const Store& bias, Emitter& emitter) {
  const TensorRef means = emitter.NewTensor({{2, norm.channels}, DataType::f32, Tag::ab});
  RowStep step = NewStep(norm, ".diff_weights");
  step.by_row = {norm.src, diff_dst};
  step.reads = {norm.statistics};
  const PartialSums sums = norm.Sums();
  step.writes = {means, sums.NewTensor(emitter)};
  step.start = [sums](RowStep::Whole whole) { sums.Clear(whole[2]); };
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [norm, sums](const Rows& turn, std::span<const RowTensor> tensors,
                            RowStep::Whole whole) {
      AddNormGradients(ChannelsOf(norm, whole[0]), static_cast<const T*>(tensors[0].rows),
                       static_cast<const T*>(tensors[1].rows), turn.count() * norm.width,
                       sums.Of(turn, whole[2]));
    };
  });
  step.finish = [norm, sums, weight, bias](RowStep::Whole whole) {
    double* total = sums.Total(whole[2]);
    auto* values = static_cast<float*>(whole[1]);
    const auto store = [&](const Store& to, const double* gradient) {
      if (!to) return;
      std::transform(gradient, gradient + norm.channels, values,
                     [](double value) { return static_cast<float>(value); });
      to(values);
    };
    store(weight, total + norm.channels);
    store(bias, total);
    if (!norm.is_frozen) SumOverProcesses(norm, total);
    // Fixed statistics do not depend on the values.
    const double scale = norm.is_frozen ? 0.0 : 1.0 / CountOf(norm);
    for (int i = 0; i < 2 * norm.channels; ++i) values[i] = static_cast<float>(total[i] * scale);
  };
  emitter.AppendRows(std::move(step));
  return means;
}

TensorRef EmitBackward(const Norm& norm, const TensorRef& means, const TensorRef& diff_dst,
                       Emitter& emitter) {
  const TensorRef diff_src = emitter.NewTensor(norm.src.desc);
  RowStep step = NewStep(norm, ".diff_src");
  step.by_row = {norm.src, diff_dst, diff_src};
  step.reads = {norm.statistics, means};
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [norm, streams = Streams(norm, emitter)](
                   const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      const auto* mean = static_cast<const float*>(whole[1]);
      NormBackward(ChannelsOf(norm, whole[0], streams && !tensors[2].is_reused), mean,
                   mean + norm.channels, static_cast<const T*>(tensors[0].rows),
                   static_cast<const T*>(tensors[1].rows), turn.count() * norm.width,
                   static_cast<T*>(tensors[2].rows));
    };
  });
  emitter.AppendRows(std::move(step));
  return diff_src;
}

}  // namespace

void LowerTraining(const BatchNorm& batch_norm, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  Emitter& emitter = tape.emitter();
  const int channels = node.shape.c;
  Norm norm = {.name = node.name,
               .activation = std::nullopt,
               .rows = node.shape.n * node.shape.h,
               .width = node.shape.w,
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
  const NodeId user = tape.OnlyReader(result);
  if (user >= 0 && TakesDepthwiseRows(user, tape)) {
    tape.SetRowSource(result, ForwardRows(norm));
  } else {
    tape.SetResult(result, EmitForward(norm, emitter));
    tape.OnRecompute(result, [norm, &tape] { return EmitForward(norm, tape.emitter()); });
  }
  tape.OnBackward(result, [=, &tape](const TensorRef& diff_dst) {
    const auto store = [&](const std::string& name) {
      return tape.IsTrainable(name) ? tape.GradientStore(name) : Store();
    };
    const Store weight = store(norm.name + ".weight");
    const Store bias = store(norm.name + ".bias");
    const TensorRef means = EmitParameterGradients(norm, diff_dst, weight, bias, tape.emitter());
    if (!tape.NeedsGradient(tape.graph().node(id).inputs[0])) return;
    const TensorRef again = tape.GradientAgain(result, diff_dst);
    tape.AddGradient(id, 0, EmitBackward(norm, means, again, tape.emitter()));
  });
}

}  // namespace avocet
