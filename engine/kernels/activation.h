// Activations in training, where nothing before them can compute them along with its own result.
//
// T is float or BFloat16. Any CPU.
#ifndef AVOCET_ENGINE_KERNELS_ACTIVATION_H_
#define AVOCET_ENGINE_KERNELS_ACTIVATION_H_

#include <cstddef>

#include "engine/graph/op.h"
#include "engine/kernels/bfloat16.h"

namespace avocet {

// dst = activation(src), for `count` numbers.
template <typename T>
void ActivationForward(ActivationKind kind, const T* src, std::ptrdiff_t count, T* dst);

// diff_src = diff_dst times the activation's derivative at src. ReLU and ReLU6 have no slope at
// their ends.
template <typename T>
void ActivationBackward(ActivationKind kind, const T* src, const T* diff_dst, std::ptrdiff_t count,
                        T* diff_src);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_ACTIVATION_H_
