// What the vector kernels of this folder need of the CPU.
#ifndef AVOCET_ENGINE_KERNELS_CPU_H_
#define AVOCET_ENGINE_KERNELS_CPU_H_

namespace avocet {

// AVX-512 F, BW, DQ and VL: the kernels of vector.h. False on CPUs that are not x86-64.
bool HasAvx512Kernels();

// Those and AVX512-BF16.
bool HasBFloat16Kernels();

// Those of BFloat16 and of 8-bit integers (AVX512-VNNI), and AMX's products of both, which the
// operating system has to grant the process: this asks it to.
bool HasAmxKernels();

// AVX-512 as above, or what Highway calls AVX2, which includes FMA: float32 kernels.
bool HasFloat32Kernels();

// What these use, as in the names of oneDNN's implementations: avx512 or avx2.
const char* Float32Isa();

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_CPU_H_
