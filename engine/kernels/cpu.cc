#include "engine/kernels/cpu.h"

#include "hwy/highway.h"

#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace avocet {

#if defined(__x86_64__)

namespace {

// The state of tile registers is large: Linux saves it for processes alone that have asked for it
// (Documentation/arch/x86/xstate.rst, which has the numbers).
bool MayUseTiles() {
#if defined(__linux__)
  constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr int kTileData = 18;               // XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace

bool HasAvx512Kernels() {
  static const bool has =
      __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
      __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
  return has;
}

bool HasBFloat16Kernels() {
  return HasAvx512Kernels() && __builtin_cpu_supports("avx512bf16") != 0;
}

bool HasAmxKernels() {
  static const bool has = HasBFloat16Kernels() && __builtin_cpu_supports("avx512vnni") != 0 &&
                          __builtin_cpu_supports("amx-tile") != 0 &&
                          __builtin_cpu_supports("amx-bf16") != 0 &&
                          __builtin_cpu_supports("amx-int8") != 0 && MayUseTiles();
  return has;
}

bool HasFloat32Kernels() { return HasAvx512Kernels() || (hwy::SupportedTargets() & HWY_AVX2) != 0; }

#else

bool HasAvx512Kernels() { return false; }
bool HasBFloat16Kernels() { return false; }
bool HasAmxKernels() { return false; }
bool HasFloat32Kernels() { return false; }

#endif

const char* Float32Isa() { return HasAvx512Kernels() ? "avx512" : "avx2"; }

}  // namespace avocet
