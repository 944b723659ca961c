#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "engine/kernels/batch_norm.h"
#include "engine/onednn/training/depthwise_rows.h"
#include "engine/onednn/training/gated_norm.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/norm.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/own_step.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// PyTorch's weight of a batch's statistics in the running ones.
constexpr float kMomentum = 0.1f;

float* Data(const dnnl::memory& memory) { return static_cast<float*>(memory.get_data_handle()); }

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
  const int channels = norm.channels();
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
  for (int c = 0; c < norm.channels(); ++c) {
    statistics[c] = Data(norm.running_mean)[c];
    statistics[norm.channels() + c] = 1.0f / std::sqrt(Data(norm.running_var)[c] + norm.epsilon);
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
  RowStep step = OwnStep(norm.name + ".statistics", norm.shape);
  step.by_row = {norm.src};
  const PartialSums sums = norm.Sums();
  step.writes = {norm.statistics, sums.NewTensor(emitter)};
  step.start = [sums](RowStep::Whole whole) { sums.Clear(whole[1]); };
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [norm, sums](const Rows& turn, std::span<const RowTensor> tensors,
                            RowStep::Whole whole) {
      // Differences from the running mean: near the batch's, and the same in all processes.
      AddMoments(static_cast<const T*>(tensors[0].rows), norm.Pixels(turn), norm.channels(),
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
  NormForward<T>(ChannelsOf(norm, statistics, streams), src, nullptr, rows * norm.shape.w,
                 static_cast<T*>(dst));
}

TensorRef EmitForward(const Norm& norm, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(norm.src.desc);
  RowStep step = OwnStep(norm.name, norm.shape);
  step.by_row = {norm.src, dst};
  step.reads = {norm.statistics};
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [norm, streams = StreamsResults(norm, emitter)](
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
      const std::ptrdiff_t row = norm.row_size();
      Normalise(norm, whole[1], /*streams=*/false, static_cast<const T*>(whole[0]) + first * row,
                last - first, dst);
    };
  });
  return source;
}

// For the reader of ForwardRows. `means` is where EmitBackward will look for them.
NormGradients GradientsOf(const Norm& norm, std::shared_ptr<TensorRef> means, Tape& tape) {
  NormGradients gradients;
  gradients.run = [norm](int first, int last, std::span<void* const> whole,
                         const NormSlopes& results) {
    NormForwardSlopes(ChannelsOf(norm, whole[1]),
                      static_cast<const float*>(whole[0]) + first * norm.row_size(),
                      (last - first) * norm.shape.w, results);
  };
  gradients.take = [norm, means = std::move(means), &tape](const TensorRef& taken) {
    *means = taken;
    return [norm, stores = StoresOf(norm, tape)](double* sums, float* to) {
      StoreNormGradients(norm, stores, sums, to);
    };
  };
  return gradients;
}

// The gradients [channels] of the parameters. Returns what NormBackward subtracts of them
// [2, channels].
TensorRef EmitParameterGradients(const Norm& norm, const NormStores& stores,
                                 const TensorRef& diff_dst, Emitter& emitter) {
  const TensorRef means = emitter.NewTensor({{2, norm.channels()}, DataType::f32, Tag::ab});
  RowStep step = OwnStep(norm.name + ".diff_weights", norm.shape);
  step.by_row = {norm.src, diff_dst};
  step.reads = {norm.statistics};
  const PartialSums sums = norm.Sums();
  step.writes = {means, sums.NewTensor(emitter)};
  step.start = [sums](RowStep::Whole whole) { sums.Clear(whole[2]); };
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [norm, sums](const Rows& turn, std::span<const RowTensor> tensors,
                            RowStep::Whole whole) {
      AddNormGradients(ChannelsOf(norm, whole[0]), static_cast<const T*>(tensors[0].rows),
                       static_cast<const T*>(tensors[1].rows), norm.Pixels(turn),
                       sums.Of(turn, whole[2]));
    };
  });
  step.finish = [norm, stores, sums](RowStep::Whole whole) {
    StoreNormGradients(norm, stores, sums.Total(whole[2]), static_cast<float*>(whole[1]));
  };
  emitter.AppendRows(std::move(step));
  return means;
}

TensorRef EmitBackward(const Norm& norm, const TensorRef& means, const TensorRef& diff_dst,
                       Emitter& emitter) {
  const TensorRef diff_src = emitter.NewTensor(norm.src.desc);
  RowStep step = OwnStep(norm.name + ".diff_src", norm.shape);
  step.by_row = {norm.src, diff_dst, diff_src};
  step.reads = {norm.statistics, means};
  WithType(norm.type, [&]<typename T>(T*) {
    step.run = [norm, streams = StreamsResults(norm, emitter)](
                   const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      const auto* mean = static_cast<const float*>(whole[1]);
      NormBackward(ChannelsOf(norm, whole[0], streams && !tensors[2].is_reused),
                   {.mean_diff = mean, .mean_product = mean + norm.channels()},
                   static_cast<const T*>(tensors[0].rows), static_cast<const T*>(tensors[1].rows),
                   norm.Pixels(turn), static_cast<T*>(tensors[2].rows));
    };
  });
  emitter.AppendRows(std::move(step));
  return diff_src;
}

}  // namespace

void LowerTraining(const BatchNorm& batch_norm, NodeId id, Tape& tape) {
  const Norm norm = NormOf(batch_norm, id, tape);
  const NodeId result = norm.activation ? tape.OnlyReader(id) : id;
  EmitStatistics(norm, tape.emitter());
  if (const std::optional<GateNodes> gate = FindGate(result, tape)) {
    return LowerGatedNorm(norm, id, *gate, tape);
  }
  const NodeId user = tape.OnlyReader(result);
  const auto means = std::make_shared<TensorRef>();  // if the reader has found them
  if (user >= 0 && TakesDepthwiseRows(user, tape)) {
    RowSource rows = ForwardRows(norm);
    if (norm.type == DataType::f32) rows.norm = GradientsOf(norm, means, tape);
    tape.SetRowSource(result, std::move(rows));
  } else {
    tape.SetResult(result, EmitForward(norm, tape.emitter()));
    tape.OnRecompute(result, [norm, &tape] { return EmitForward(norm, tape.emitter()); });
  }
  tape.OnBackward(result, [=, &tape](const TensorRef& diff_dst) {
    const bool are_found = means->id >= 0;
    const TensorRef subtracted =
        are_found ? *means
                  : EmitParameterGradients(norm, StoresOf(norm, tape), diff_dst, tape.emitter());
    if (!tape.NeedsGradient(tape.graph().node(id).inputs[0])) return;
    const TensorRef again = are_found ? diff_dst : tape.GradientAgain(result, diff_dst);
    tape.AddGradient(id, 0, EmitBackward(norm, subtracted, again, tape.emitter()));
  });
}

}  // namespace avocet
