// The bits of a bfloat16 number: the upper half of a float32.
#ifndef AVOCET_ENGINE_KERNELS_BFLOAT16_H_
#define AVOCET_ENGINE_KERNELS_BFLOAT16_H_

#include <cstdint>

namespace avocet {

struct BFloat16 {
  std::uint16_t bits;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_BFLOAT16_H_
