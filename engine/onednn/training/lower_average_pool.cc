// Operators that average pixels of windows: those of LeNet's subsampling, and those that enlarge.
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/onednn/team.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// Pixels [begin, end) of one axis.
struct Range {
  int begin;
  int end;
};

// Windows over an image, one a result.
struct Windows {
  Shape src;
  Shape dst;
  std::vector<Range> rows = {};     // of the source, for each row of the result
  std::vector<Range> columns = {};  // likewise
};

// Calls visit(result pixel, source pixel, 1 / size of the window) for each pixel of each window, of
// one image.
template <typename Visit>
void ForEach(const Windows& windows, const Visit& visit) {
  for (int oh = 0; oh < windows.dst.h; ++oh) {
    const Range rows = windows.rows[static_cast<std::size_t>(oh)];
    for (int ow = 0; ow < windows.dst.w; ++ow) {
      const Range columns = windows.columns[static_cast<std::size_t>(ow)];
      const float share =
          1.0f / static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
      for (int h = rows.begin; h < rows.end; ++h) {
        for (int w = columns.begin; w < columns.end; ++w) {
          visit(oh * windows.dst.w + ow, h * windows.src.w + w, share);
        }
      }
    }
  }
}

// Plain loops: these pools are in networks whose time goes elsewhere. `from` and `to` are images;
// `dst_to_src` goes backward.
template <typename T>
void RunWindows(const Windows& windows, bool dst_to_src, const T* from, T* to) {
  const Shape& to_shape = dst_to_src ? windows.src : windows.dst;
  const int channels = to_shape.c;
  std::vector<float> sums(static_cast<std::size_t>(to_shape.h * to_shape.w * channels));
  ForEach(windows, [&](int dst, int src, float share) {
    const T* source = from + (dst_to_src ? dst : src) * channels;
    float* sum = sums.data() + (dst_to_src ? src : dst) * channels;
    for (int c = 0; c < channels; ++c) sum[c] += share * ToFloat(source[c]);
  });
  for (std::size_t i = 0; i < sums.size(); ++i) SetNumber(sums[i], to + i);
}

TensorRef EmitWindows(const std::string& name, const Windows& windows, bool dst_to_src,
                      const TensorRef& from, Emitter& emitter) {
  const TensorRef to =
      emitter.NewTensor(emitter.Activation(dst_to_src ? windows.src : windows.dst));
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(name, "own:plain", {from, to}, [=](std::span<void* const> addresses) {
      const std::ptrdiff_t src = windows.src.size() / windows.src.n;
      const std::ptrdiff_t dst = windows.dst.size() / windows.dst.n;
      ParallelFor(windows.src.n, [&](int begin, int end) {
        for (int n = begin; n < end; ++n) {
          RunWindows(windows, dst_to_src,
                     static_cast<const T*>(addresses[0]) + n * (dst_to_src ? dst : src),
                     static_cast<T*>(addresses[1]) + n * (dst_to_src ? src : dst));
        }
      });
    });
  });
  return to;
}

// to = from * weight, plus bias if there is one.
TensorRef EmitAffine(const std::string& name, std::int64_t size, const TensorRef& from,
                     const dnnl::memory& weight, const dnnl::memory& bias, Emitter& emitter) {
  const TensorRef to = emitter.NewTensor(from.desc);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(name, "own:plain", {from, to}, [=](std::span<void* const> addresses) {
      const float factor = *static_cast<const float*>(weight.get_data_handle());
      const float offset = bias ? *static_cast<const float*>(bias.get_data_handle()) : 0.0f;
      for (std::int64_t i = 0; i < size; ++i) {
        SetNumber(ToFloat(static_cast<const T*>(addresses[0])[i]) * factor + offset,
                  static_cast<T*>(addresses[1]) + i);
      }
    });
  });
  return to;
}

// The sum over all numbers of left * right; of left alone where `right` has no id.
TensorRef EmitDot(const std::string& name, std::int64_t size, const TensorRef& left,
                  const TensorRef& right, Emitter& emitter) {
  const TensorRef dot = emitter.NewTensor({{1}, DataType::f32, Tag::x});
  std::vector<TensorRef> tensors = {left, dot};
  if (right.id >= 0) tensors.push_back(right);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(name, "own:plain", tensors, [=](std::span<void* const> addresses) {
      double sum = 0;
      for (std::int64_t i = 0; i < size; ++i) {
        const double factor =
            addresses.size() == 3 ? double{ToFloat(static_cast<const T*>(addresses[2])[i])} : 1.0;
        sum += double{ToFloat(static_cast<const T*>(addresses[0])[i])} * factor;
      }
      *static_cast<float*>(addresses[1]) = static_cast<float>(sum);
    });
  });
  return dot;
}

}  // namespace

TensorRef LowerTraining(const ScaledAveragePool& pool, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  Windows windows = {.src = tape.graph().node(node.inputs[0]).shape, .dst = node.shape};
  const auto range = [&](int o) { return Range{o * pool.kernel, (o + 1) * pool.kernel}; };
  for (int o = 0; o < node.shape.h; ++o) windows.rows.push_back(range(o));
  for (int o = 0; o < node.shape.w; ++o) windows.columns.push_back(range(o));
  const dnnl::memory weight = tape.Vector(node.name + ".weight", 1);
  const dnnl::memory bias = tape.Vector(node.name + ".bias", 1);
  const std::int64_t size = node.shape.size();
  const TensorRef mean =
      EmitWindows(node.name + ".mean", windows, false, tape.Input(id), tape.emitter());
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const std::string& name = tape.graph().node(id).name;
    Emitter& emitter = tape.emitter();
    for (const bool is_weight : {true, false}) {
      const std::string parameter = name + (is_weight ? ".weight" : ".bias");
      if (!tape.IsTrainable(parameter)) continue;
      const TensorRef dot =
          EmitDot(name + ".diff_weights", size, diff_dst, is_weight ? mean : TensorRef(), emitter);
      tape.StoreGradient(parameter, dot, dot.desc);
    }
    if (!tape.NeedsGradient(tape.graph().node(id).inputs[0])) return;
    const TensorRef diff_mean =
        EmitAffine(name + ".diff_mean", size, diff_dst, weight, dnnl::memory(), emitter);
    tape.AddGradient(id, 0, EmitWindows(name + ".diff_src", windows, true, diff_mean, emitter));
  });
  return EmitAffine(node.name, size, mean, weight, bias, tape.emitter());
}

TensorRef LowerTraining(const PoolUp&, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  Windows windows = {.src = tape.graph().node(node.inputs[0]).shape, .dst = node.shape};
  const auto range = [](int o, int size, int outputs) {
    return Range{o * size / outputs, ((o + 1) * size + outputs - 1) / outputs};
  };
  for (int o = 0; o < windows.dst.h; ++o) {
    windows.rows.push_back(range(o, windows.src.h, windows.dst.h));
  }
  for (int o = 0; o < windows.dst.w; ++o) {
    windows.columns.push_back(range(o, windows.src.w, windows.dst.w));
  }
  const bool is_identity = windows.src == windows.dst;
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    tape.AddGradient(id, 0,
                     is_identity ? diff_dst
                                 : EmitWindows(tape.graph().node(id).name + ".diff_src", windows,
                                               true, diff_dst, tape.emitter()));
  });
  if (is_identity) return tape.Input(id);
  return EmitWindows(node.name, windows, false, tape.Input(id), tape.emitter());
}

}  // namespace avocet
