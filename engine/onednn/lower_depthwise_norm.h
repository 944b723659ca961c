// A depthwise convolution and the layer norm behind it as one step (engine/kernels).
#ifndef AVOCET_ENGINE_ONEDNN_LOWER_DEPTHWISE_NORM_H_
#define AVOCET_ENGINE_ONEDNN_LOWER_DEPTHWISE_NORM_H_

#include "engine/graph/graph.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/lower_depthwise.h"

namespace avocet {

// Whether `norm`, which alone reads the result of `conv`, is computed with it on this CPU. `type`
// is that of what goes in and comes out: float32, bfloat16 or signed 8 bits.
bool TakesDepthwiseNormKernel(const Node& conv, const Node& norm, dnnl::memory::data_type type);

// Emits the step that computes `dst` = the norm of the convolution of `src`, both of one type. A
// scale of `src` is already in the parameters.
void EmitDepthwiseNorm(const Node& conv, const Node& norm, const DepthwiseParameters& parameters,
                       const TensorRef& src, const TensorRef& dst, Emitter& emitter);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_LOWER_DEPTHWISE_NORM_H_
