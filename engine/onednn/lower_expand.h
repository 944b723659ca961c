// A 1x1 convolution and the depthwise one behind it as one step: the start of an inverted residual.
#ifndef AVOCET_ENGINE_ONEDNN_LOWER_EXPAND_H_
#define AVOCET_ENGINE_ONEDNN_LOWER_EXPAND_H_

#include "engine/graph/graph.h"
#include "engine/onednn/emitter.h"

namespace avocet {

// Whether `depthwise`, which alone reads the result of `expand`, is computed with it, in strips of
// rows that stay in a core's cache. Pays where the result of `expand`, of `type`, does not, and has
// no exponential in its activation.
// `src_channels` are those that `expand` reads.
bool TakesExpandKernels(const Node& expand, int src_channels, const Node& depthwise,
                        dnnl::memory::data_type type);

// The result of `depthwise`. Where a pool reads it, it carries its sums.
TensorRef LowerExpand(const Node& expand, const Node& depthwise, const TensorRef& src,
                      Emitter& emitter);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_LOWER_EXPAND_H_
