// The length of all gradients together.
#ifndef AVOCET_ENGINE_TRAIN_OPTIM_GRADIENT_NORM_H_
#define AVOCET_ENGINE_TRAIN_OPTIM_GRADIENT_NORM_H_

#include "engine/graph/parameters.h"

namespace avocet {

// The L2 norm over all views. The same bits for any number of threads. NaN or infinite if a
// gradient is.
double GradientNorm(const Parameters& gradients);

// The factor that brings gradients of length `norm` to at most `max_norm`: PyTorch's
// max_norm / (norm + 1e-6), at most 1. Without a limit (max_norm <= 0), 1.
double ClipFactor(double norm, double max_norm);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_OPTIM_GRADIENT_NORM_H_
