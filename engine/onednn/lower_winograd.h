// 3x3 convolutions of stride 1 with a fourth, or half, of their multiplications (winograd.h).
#ifndef AVOCET_ENGINE_ONEDNN_LOWER_WINOGRAD_H_
#define AVOCET_ENGINE_ONEDNN_LOWER_WINOGRAD_H_

#include <optional>
#include <span>

#include "engine/base/shape.h"
#include "engine/graph/op.h"
#include "engine/kernels/winograd.h"
#include "engine/onednn/emitter.h"

namespace avocet {

// Of `conv`, without what comes after the sum, for images of `src` in a program of `type`; none
// where the direct algorithm is as fast or the only one: in bfloat16 only where the CPU's products
// of it are slower than float32's, which Winograd's are. Rounding errors are those of a plain sum
// with tiles of 2 and two to three times these with tiles of 4.
std::optional<WinogradSizes> WinogradSizesOf(const Conv2d& conv, const Shape& src,
                                             dnnl::memory::data_type type, int largest_tile = 4);

// Emits the convolution `node`.
TensorRef LowerWinograd(const Conv2d& conv, const Node& node, const WinogradSizes& sizes,
                        std::span<const TensorRef> inputs, Emitter& emitter);

// Winograd::filters, of `type`, of a convolution whose weights are [O, I, 3, 3].
dnnl::memory::desc WinogradFilters(const dnnl::memory::dims& dims, dnnl::memory::data_type type);

// Scratch for RunWinogradTeam.
TensorRef WinogradScratch(const WinogradSizes& sizes, int images, Emitter& emitter);

// All of `conv`, of so many images, on the calling thread's team; T is float or BFloat16.
template <typename T>
void RunWinogradTeam(const Winograd<T>& conv, int images, float* scratch);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_LOWER_WINOGRAD_H_
