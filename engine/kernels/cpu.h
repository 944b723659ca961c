// What the vector kernels of this folder need of the CPU.
#ifndef AVOCET_ENGINE_KERNELS_CPU_H_
#define AVOCET_ENGINE_KERNELS_CPU_H_

namespace avocet {

// AVX-512 F, BW, DQ and VL: float32 kernels. False on CPUs that are not x86-64.
bool HasFloat32Kernels();

// Those and AVX512-BF16.
bool HasBFloat16Kernels();

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_CPU_H_
