// Activations of 8 bits in a program: from and to float32, and the scales of primitives.
#ifndef AVOCET_ENGINE_ONEDNN_INT8_TENSOR_H_
#define AVOCET_ENGINE_ONEDNN_INT8_TENSOR_H_

#include <string>

#include "dnnl.hpp"
#include "engine/graph/quantization.h"
#include "engine/onednn/emitter.h"

namespace avocet {

bool IsInt8(const TensorRef& tensor);
bool IsSigned(const TensorRef& tensor);

// `shape`, channels last: of 8 bits as `activation` says, of float32 without one.
dnnl::memory::desc ResultDesc(const Shape& shape, const QuantizedActivation* activation);
// A new tensor of that description.
TensorRef NewResult(const Shape& shape, const QuantizedActivation* activation, Emitter& emitter);

// The values of `tensor`, which is float32, in 8 bits; the result of a step.
TensorRef Quantize(const std::string& name, const TensorRef& tensor,
                   const QuantizedActivation& activation, Emitter& emitter);
// The values of `tensor` in float32; the result of a step.
TensorRef Dequantize(const std::string& name, const TensorRef& tensor, Emitter& emitter);

// Tells a primitive that its argument `index` stands for `scale` times its integers. Does nothing
// for a scale of 1, which float32 has.
void SetScale(int index, float scale, dnnl::primitive_attr& attributes,
              Emitter::Arguments& arguments, Emitter& emitter);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_INT8_TENSOR_H_
