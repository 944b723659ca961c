#include "engine/kernels/cpu.h"

#include "hwy/highway.h"

namespace avocet {

#if defined(__x86_64__)

bool HasAvx512Kernels() {
  static const bool has =
      __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
      __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
  return has;
}

bool HasBFloat16Kernels() {
  return HasAvx512Kernels() && __builtin_cpu_supports("avx512bf16") != 0;
}

bool HasFloat32Kernels() { return HasAvx512Kernels() || (hwy::SupportedTargets() & HWY_AVX2) != 0; }

#else

bool HasAvx512Kernels() { return false; }
bool HasBFloat16Kernels() { return false; }
bool HasFloat32Kernels() { return false; }

#endif

const char* Float32Isa() { return HasAvx512Kernels() ? "avx512" : "avx2"; }

}  // namespace avocet
