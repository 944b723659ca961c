// Weights in bfloat16 from the float32 parameter, in one pass (engine/kernels/pair_layout): oneDNN
// 3.2's reorders into layouts with pairs take four times as long.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_PACK_PAIRS_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_PACK_PAIRS_H_

#include <optional>
#include <string>

#include "dnnl.hpp"
#include "engine/kernels/pair_layout.h"
#include "engine/onednn/emitter.h"

namespace avocet {

// How `plain`, float32 weights [O, I, kh, kw] one after the other, become `wanted`; without
// addresses. Nothing if that has another layout than PairLayout's.
std::optional<PairLayout> PairLayoutOf(const dnnl::memory::desc& plain,
                                       const dnnl::memory::desc& wanted);

// Emits the step `name`. Returns its result, of `wanted`.
TensorRef EmitPairLayout(const std::string& name, const PairLayout& layout,
                         const dnnl::memory& parameter, const dnnl::memory::desc& wanted,
                         Emitter& emitter);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_PACK_PAIRS_H_
