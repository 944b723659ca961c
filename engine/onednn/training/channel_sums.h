// Gradients of vectors of channels, as row steps.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_CHANNEL_SUMS_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_CHANNEL_SUMS_H_

#include <optional>
#include <string>

#include "engine/base/shape.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

// Emits and stores the gradient of `parameter` [C]: the sum over all pixels of `left`, of `shape`,
// times `right`, if there is one.
void EmitChannelSums(const std::string& step_name, const std::string& parameter, const Shape& shape,
                     const TensorRef& left, const std::optional<TensorRef>& right, Tape& tape);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_CHANNEL_SUMS_H_
