// How fast this CPU's instructions for bfloat16 are.
#ifndef AVOCET_ENGINE_KERNELS_BFLOAT16_PRODUCTS_H_
#define AVOCET_ENGINE_KERNELS_BFLOAT16_PRODUCTS_H_

namespace avocet {

// Whether AVX512-BF16's products of pairs take so much longer than FMA's products of float32 that
// bfloat16 numbers are better widened first: some CPUs start one in two cycles, and two FMAs in
// each. Measured at the first call, in some microseconds; false without HasBFloat16Kernels, and
// where AMX multiplies. Thread-safe.
bool MultipliesBFloat16AsFloat();

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_BFLOAT16_PRODUCTS_H_
