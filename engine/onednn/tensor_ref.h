// A tensor of a program under construction.
#ifndef AVOCET_ENGINE_ONEDNN_TENSOR_REF_H_
#define AVOCET_ENGINE_ONEDNN_TENSOR_REF_H_

#include <memory>

#include "dnnl.hpp"

namespace avocet {

// An activation of the program under construction. Integers q stand for scale * q.
struct TensorRef {
  int id = -1;
  dnnl::memory::desc desc;
  float scale = 1.0f;
  // If set, the values still are to be multiplied by this one, [N, C, 1, 1]: a kernel that can do
  // so as it reads them saves a pass. `Emitter::Gated` is for all others.
  std::shared_ptr<const TensorRef> gate = nullptr;
  // If set, sums of the values over parts of the image, [N, parts, C], float32.
  std::shared_ptr<const TensorRef> sums = nullptr;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TENSOR_REF_H_
