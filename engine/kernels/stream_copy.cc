#include "engine/kernels/stream_copy.h"

#include <cstddef>
#include <cstdint>

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/stream_copy.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

void Copy(const void* src, std::size_t bytes, void* dst) {
  const hn::CappedTag<std::uint8_t, 64> d;
  const auto* from = static_cast<const std::uint8_t*>(src);
  auto* to = static_cast<std::uint8_t*>(dst);
  for (std::size_t i = 0; i < bytes; i += hn::Lanes(d))
    hn::Stream(hn::Load(d, from + i), d, to + i);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(Copy);

void StreamCopy(const void* src, std::size_t bytes, void* dst) {
  HWY_DYNAMIC_DISPATCH(Copy)(src, bytes, dst);
}

void FinishStreams() { hwy::FlushStream(); }

}  // namespace avocet
#endif
