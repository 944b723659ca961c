#include "engine/onednn/training/depthwise_gradients.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/depthwise.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/channel_sums.h"
#include "engine/onednn/training/depthwise_source.h"
#include "engine/onednn/training/norm_sums.h"
#include "engine/onednn/training/numbers.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

dnnl::memory::desc PlainWeights(const DepthwiseSizes& sizes) {
  return {{sizes.channels, 1, 1, sizes.kernel, sizes.kernel}, DataType::f32, Tag::goihw};
}

void EmitFilterGradients(const Conv2d& conv, NodeId id, const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const DepthwiseSizes sizes = DepthwiseSizesOf(conv, id, tape);
  // Larger filters take as long for the norm's factors as the norm would.
  const bool with_slopes =
      IsCheapAgain(conv, id, tape) && tape.NeedsGradient(tape.graph().node(id).inputs[0]);
  const DepthwiseSource source(sizes, id, tape, with_slopes);
  const int images = tape.graph().node(id).shape.n;
  const int taps = sizes.kernel * sizes.kernel;
  const int count = taps * sizes.channels;
  const int rows = images * sizes.out_height;
  const int parts = std::min(TeamSize(), rows);
  RowStep step;
  step.name = name + ".diff_weights";
  step.implementation = "own_dw:highway";
  step.rows = rows;
  step.by_row = {diff_dst};
  step.writes = {emitter.NewTensor({{parts, count}, DataType::f32, Tag::ab}),
                 emitter.NewTensor({{count}, DataType::f32, Tag::x})};
  const auto store = tape.GradientStore(name + ".weight");
  std::optional<NormSums> norm;
  if (source.norm() != nullptr) {
    norm.emplace(*source.norm(), sizes, rows, tape.Parameter(name + ".weight", PlainWeights(sizes)),
                 emitter);
    std::ranges::move(norm->NewTensors(emitter), std::back_inserter(step.writes));
  }
  const auto of_norm = [source](RowStep::Whole whole) { return source.Own(whole).subspan(2); };
  step.start = [=](RowStep::Whole whole) {
    std::fill_n(static_cast<float*>(source.Own(whole)[0]), std::ptrdiff_t{parts} * count, 0.0f);
    if (norm) norm->Start(of_norm(whole));
  };
  WithType(emitter.type(), [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      const std::ptrdiff_t row = std::ptrdiff_t{sizes.out_width} * sizes.channels;
      auto* const sums =
          static_cast<float*>(source.Own(whole)[0]) + std::ptrdiff_t{turn.part} * count;
      std::span<float> of_turn;
      if (norm) of_turn = norm->OfTurn(turn, of_norm(whole));
      std::ranges::fill(of_turn, 0.0f);
      source.ForWindows(turn, whole, [&](const DepthwiseSource::Window& window, int offset) {
        DepthwiseSizes own = sizes;
        own.height = window.height;
        own.pad_top = window.pad_top;
        const auto add = [&](const auto* src, float* to) {
          AddDepthwiseDiffWeights(own, src, static_cast<const T*>(tensors[0].rows) + offset * row,
                                  window.first, window.first + window.count, to);
        };
        add(static_cast<const T*>(window.src), sums);
        if constexpr (std::is_same_v<T, float>) {
          if (!norm) return;
          add(window.slope, of_turn.data());
          add(window.slope_normalised, of_turn.data() + count);
        }
      });
      if (norm) norm->EndTurn(turn, of_norm(whole));
    };
  });
  step.finish = [=](RowStep::Whole whole) {
    const auto* partial = static_cast<const float*>(source.Own(whole)[0]);
    auto* diff = static_cast<float*>(source.Own(whole)[1]);
    for (int c = 0; c < sizes.channels; ++c) {
      for (int k = 0; k < taps; ++k) {
        float sum = 0;
        for (int part = 0; part < parts; ++part) {
          sum += partial[part * count + k * sizes.channels + c];
        }
        diff[c * taps + k] = sum;
      }
    }
    store(diff);
    if (norm) norm->Finish(of_norm(whole));
  };
  source.AddTo(step, emitter);
  emitter.AppendRows(std::move(step));
}

}  // namespace

void TransposeFilters(const dnnl::memory& weights, int channels, int taps, float* filters) {
  const auto* plain = static_cast<const float*>(weights.get_data_handle());
  for (int c = 0; c < channels; ++c) {
    for (int k = 0; k < taps; ++k) filters[k * channels + c] = plain[c * taps + k];
  }
}

DepthwiseSizes DepthwiseSizesOf(const Conv2d& conv, NodeId id, const Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Shape& src = tape.graph().node(node.inputs[0]).shape;
  const Pads pads = ResolvePads(conv, src.h, src.w);
  return {.channels = src.c,
          .height = src.h,
          .width = src.w,
          .out_height = node.shape.h,
          .out_width = node.shape.w,
          .kernel = conv.kernel,
          .stride = conv.stride,
          .pad_top = pads.top,
          .pad_left = pads.left};
}

bool TakesDepthwiseGradients(const Conv2d& conv, int in_channels, std::string_view implementation) {
  return conv.groups == in_channels && conv.out_channels == in_channels && in_channels > 1 &&
         HasDepthwiseKernel(conv.kernel, conv.stride) &&
         implementation.find("dw") == std::string_view::npos;
}

bool ReadsLargeTensor(NodeId id, const Tape& tape) {
  const Shape& src = tape.graph().node(tape.graph().node(id).inputs[0]).shape;
  const auto number = static_cast<std::int64_t>(dnnl::memory::data_type_size(tape.type()));
  return src.size() * number >= tape.options().turns.large_tensor;
}

bool IsCheapAgain(const Conv2d& conv, NodeId id, const Tape& tape) {
  return conv.kernel <= 3 && ReadsLargeTensor(id, tape);
}

void EmitDepthwiseDiffSrc(const Conv2d& conv, NodeId id, const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const DepthwiseSizes sizes = DepthwiseSizesOf(conv, id, tape);
  const int images = tape.graph().node(id).shape.n;
  const dnnl::memory weights = tape.Parameter(name + ".weight", PlainWeights(sizes));
  const int taps = sizes.kernel * sizes.kernel;
  const TensorRef turned = emitter.NewTensor({{taps, sizes.channels}, DataType::f32, Tag::ab});
  RowStep step;
  step.name = name + ".diff_src";
  step.implementation = "own_dw:highway";
  step.rows = images * sizes.height;
  step.reads = {diff_dst};
  step.writes = {turned};
  step.start = [=](RowStep::Whole whole) {
    TransposeFilters(weights, sizes.channels, taps, static_cast<float*>(whole[1]));
  };
  WithType(emitter.type(), [&]<typename T>(T*) {
    step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
      const std::ptrdiff_t row = std::ptrdiff_t{sizes.width} * sizes.channels;
      const std::ptrdiff_t dst =
          std::ptrdiff_t{sizes.out_height} * sizes.out_width * sizes.channels;
      ForImages(turn, sizes.height, [&](int n, int begin, int end, int offset) {
        DepthwiseDiffSrc(sizes, static_cast<const T*>(whole[0]) + n * dst,
                         static_cast<const float*>(whole[1]), begin, end,
                         static_cast<T*>(tensors[0].rows) + offset * row);
      });
    };
  });
  const auto emit = [=, &tape] {
    const Graph& graph = tape.graph();
    const TensorRef diff_src = tape.emitter().NewTensor(
        tape.emitter().Activation(graph.node(graph.node(id).inputs[0]).shape));
    RowStep own = step;
    own.by_row = {diff_src};
    tape.emitter().AppendRows(std::move(own));
    return diff_src;
  };
  tape.AddGradient(id, 0, emit(),
                   IsCheapAgain(conv, id, tape) ? emit : std::function<TensorRef()>());
}

void EmitDepthwiseDiffWeights(const Conv2d& conv, NodeId id, const TensorRef& diff_dst,
                              Tape& tape) {
  const std::string& name = tape.graph().node(id).name;
  if (tape.IsTrainable(name + ".weight")) EmitFilterGradients(conv, id, diff_dst, tape);
  if (conv.bias && tape.IsTrainable(name + ".bias")) {
    EmitChannelSums(name + ".diff_bias", name + ".bias", tape.graph().node(id).shape, diff_dst,
                    std::nullopt, tape);
  }
}

}  // namespace avocet
