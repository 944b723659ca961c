// Convolutions of 8-bit integers by our own kernels (engine/kernels), where those beat oneDNN's.
#ifndef AVOCET_ENGINE_ONEDNN_INT8_OWN_KERNELS_H_
#define AVOCET_ENGINE_ONEDNN_INT8_OWN_KERNELS_H_

#include <span>

#include "engine/graph/graph.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/int8_operators.h"
#include "engine/onednn/lower_depthwise.h"

namespace avocet {

// Whether `LowerInt8Pointwise` is the way to compute `conv` of `in_channels` on this CPU.
// `is_gated`: its source has a gate, which the kernel takes in and oneDNN's does not.
bool TakesInt8PointwiseKernel(const Conv2d& conv, int in_channels, bool is_gated);

// As LowerInt8. Takes in the gate of the source, whose `scale` is that of the gated values.
TensorRef LowerInt8Pointwise(const Conv2d& conv, const Node& node, const Int8Operands& operands,
                             Emitter& emitter);

// The integers of a depthwise convolution's weights times their scale and `src_scale`.
DepthwiseParameters Int8DepthwiseParameters(const Node& node, float src_scale,
                                            std::span<const float> bias_correction,
                                            Emitter& emitter);

// The same for depthwise convolutions; they write the kind of integers that they read.
bool TakesInt8DepthwiseKernel(const Conv2d& conv, const Int8Operands& operands);
// The result carries its sums where a pool reads it.
TensorRef LowerInt8Depthwise(const Node& node, const Int8Operands& operands, Emitter& emitter);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_INT8_OWN_KERNELS_H_
