#include "engine/kernels/cpu.h"

namespace avocet {

#if defined(__x86_64__)

bool HasFloat32Kernels() {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}

bool HasBFloat16Kernels() {
  return HasFloat32Kernels() && __builtin_cpu_supports("avx512bf16") != 0;
}

#else

bool HasFloat32Kernels() { return false; }
bool HasBFloat16Kernels() { return false; }

#endif

}  // namespace avocet
