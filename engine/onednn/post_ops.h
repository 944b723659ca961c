// What a convolution does after the sum, for kernels of our own.
#ifndef AVOCET_ENGINE_ONEDNN_POST_OPS_H_
#define AVOCET_ENGINE_ONEDNN_POST_OPS_H_

#include <optional>

#include "engine/graph/op.h"

namespace avocet {

// Its last post-op, if that is an activation.
std::optional<ActivationKind> ActivationOf(const Conv2d& conv);

// Whether it does nothing, adds a shortcut, applies an activation, or both in this order.
bool IsShortcutThenActivation(const Conv2d& conv);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_POST_OPS_H_
