// Tensors of any floating-point type as float32, and back to 16 bits.
#ifndef AVOCET_ENGINE_CHECKPOINT_FLOAT_CONVERSION_H_
#define AVOCET_ENGINE_CHECKPOINT_FLOAT_CONVERSION_H_

#include <cstdint>
#include <span>

#include "engine/checkpoint/safetensors.h"

namespace avocet {

// Whether CopyAsFloat takes the type: F16, BF16, F32 and F64.
bool IsFloatingPoint(DType dtype);

// Writes the elements of `tensor` to `destination`, which has as many. Exact but for F64, which is
// rounded to nearest; NaN and infinities stay what they are. The type must be a floating-point one.
void CopyAsFloat(const TensorView& tensor, std::span<float> destination);

// The value of an IEEE 754 binary16 or of a bfloat16, from its bits.
float HalfToFloat(std::uint16_t bits);
float BFloat16ToFloat(std::uint16_t bits);

// The bits of the nearest binary16 or bfloat16; ties go to the even one. Values beyond the largest
// finite number become infinite, NaN stays NaN.
std::uint16_t FloatToHalf(float value);
std::uint16_t FloatToBFloat16(float value);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_FLOAT_CONVERSION_H_
