#include "engine/onednn/lower_winograd.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/bfloat16.h"
#include "engine/kernels/bfloat16_products.h"
#include "engine/kernels/cpu.h"
#include "engine/onednn/post_ops.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// A thread with fewer tiles transforms all filters for too little: threads share the panels
// instead.
constexpr int kTilesOfThread = 24;

// What an image costs, in products of a pair of channels that the direct algorithm does in the same
// time. To transform a filter costs as much as the products of some tiles, and to transform tiles a
// tenth of theirs (measured with AVX2).
double CostOf(const WinogradSizes& sizes) {
  constexpr double kFilter = 3.3;
  constexpr double kTile = 1.1;
  return kTile * sizes.points() * (sizes.tiles() + kFilter);
}

// How the team shares the tiles of so many images.
struct Share {
  bool by_tiles;        // else by panels
  std::size_t scratch;  // numbers, of a thread
};

Share ShareOf(const WinogradSizes& sizes, int images) {
  const int team = TeamSize();
  const int tiles = images * sizes.tiles();
  const bool by_tiles = tiles >= kTilesOfThread * team || WinogradPanels(sizes.out_channels) < team;
  const int of_thread = by_tiles ? (tiles + team - 1) / team : tiles;
  return {.by_tiles = by_tiles, .scratch = (WinogradScratchSize(sizes, of_thread) + 15) / 16 * 16};
}

}  // namespace

std::optional<WinogradSizes> WinogradSizesOf(const Conv2d& conv, const Shape& src, DataType type,
                                             int largest_tile) {
  const bool runs = type == DataType::f32 ? HasFloat32Kernels()
                                          : type == DataType::bf16 && MultipliesBFloat16AsFloat();
  if (!runs || conv.kernel != 3 || conv.stride != 1 || conv.groups != 1 ||
      src.c % kWinogradChannels != 0 || conv.out_channels % kWinogradChannels != 0) {
    return std::nullopt;
  }
  const Pads pads = ResolvePads(conv, src.h, src.w);
  WinogradSizes sizes = {.tile = 4,
                         .in_channels = src.c,
                         .out_channels = conv.out_channels,
                         .height = src.h,
                         .width = src.w,
                         .out_height = src.h + pads.top + pads.bottom - 2,
                         .out_width = src.w + pads.left + pads.right - 2,
                         .pad_top = pads.top,
                         .pad_left = pads.left};
  WinogradSizes small = sizes;
  small.tile = 2;
  if (largest_tile == 2 || CostOf(small) < CostOf(sizes)) sizes = small;
  const double direct = 9.0 * sizes.out_height * sizes.out_width;
  return CostOf(sizes) < direct ? std::optional(sizes) : std::nullopt;
}

dnnl::memory::desc WinogradFilters(const dnnl::memory::dims& dims, DataType type) {
  return {dims, type, Tag::Oihw16o};
}

TensorRef WinogradScratch(const WinogradSizes& sizes, int images, Emitter& emitter) {
  const Share share = ShareOf(sizes, images);
  const auto size = static_cast<std::int64_t>(share.scratch) * TeamSize();
  return emitter.NewTensor({{size}, DataType::f32, Tag::x});
}

template <typename T>
void RunWinogradTeam(const Winograd<T>& conv, int images, float* scratch) {
  const Share share = ShareOf(conv.sizes, images);
  const int tiles = images * conv.sizes.tiles();
  const int panels = WinogradPanels(conv.sizes.out_channels);
  ParallelTeam(share.by_tiles ? tiles : panels, [&](int part, int begin, int end) {
    float* own = scratch + static_cast<std::size_t>(part) * share.scratch;
    if (share.by_tiles) {
      RunWinograd(conv, begin, end, 0, panels, own);
    } else {
      RunWinograd(conv, 0, tiles, begin, end, own);
    }
  });
}

template void RunWinogradTeam(const Winograd<float>&, int, float*);
template void RunWinogradTeam(const Winograd<BFloat16>&, int, float*);

namespace {

template <typename T>
TensorRef Emit(const Conv2d& conv, const Node& node, const WinogradSizes& sizes,
               std::span<const TensorRef> inputs, Emitter& emitter) {
  const Dims dims = {conv.out_channels, sizes.in_channels, 3, 3};
  const dnnl::memory filters =
      emitter.Weights(node.name + ".weight", {dims, DataType::f32, Tag::oihw},
                      WinogradFilters(dims, emitter.type()));
  dnnl::memory bias;
  if (conv.bias) {
    const dnnl::memory::desc desc({conv.out_channels}, DataType::f32, Tag::x);
    bias = emitter.Weights(node.name + ".bias", desc, desc);
  }
  const dnnl::memory::desc dst_desc = emitter.Activation(node.shape);
  const bool has_residual = inputs.size() == 2;
  const TensorRef dst =
      has_residual ? emitter.Alias(inputs[1], dst_desc) : emitter.NewTensor(dst_desc);
  emitter.KernelStep(
      node.name, std::string("own_winograd") + std::to_string(sizes.tile) + ":" + Float32Isa(),
      {inputs[0], dst, WinogradScratch(sizes, node.shape.n, emitter)},
      [=, images = node.shape.n,
       activation = ActivationOf(conv)](std::span<void* const> addresses) {
        auto* const to = static_cast<T*>(addresses[1]);
        const Winograd<T> call = {
            .sizes = sizes,
            .src = static_cast<const T*>(addresses[0]),
            .filters = static_cast<const T*>(filters.get_data_handle()),
            .is_turned = false,
            .bias = bias ? static_cast<const float*>(bias.get_data_handle()) : nullptr,
            .residual = has_residual ? to : nullptr,
            .dst = to,
            .activation = activation};
        RunWinogradTeam(call, images, static_cast<float*>(addresses[2]));
      });
  return dst;
}

}  // namespace

TensorRef LowerWinograd(const Conv2d& conv, const Node& node, const WinogradSizes& sizes,
                        std::span<const TensorRef> inputs, Emitter& emitter) {
  return emitter.type() == DataType::f32 ? Emit<float>(conv, node, sizes, inputs, emitter)
                                         : Emit<BFloat16>(conv, node, sizes, inputs, emitter);
}

}  // namespace avocet
