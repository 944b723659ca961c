#include "engine/kernels/stream_copy.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <span>

namespace avocet {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kMost = 9 * kLine;

struct Free {
  void operator()(std::uint8_t* data) const { std::free(data); }
};
using Lines = std::unique_ptr<std::uint8_t, Free>;

Lines NewLines() { return Lines(static_cast<std::uint8_t*>(std::aligned_alloc(kLine, kMost))); }

TEST(StreamCopy, CopiesItsBytesAndNoOthers) {
  const Lines src = NewLines(), dst = NewLines();
  const std::span<std::uint8_t> from(src.get(), kMost), to(dst.get(), kMost);
  std::iota(from.begin(), from.end(), std::uint8_t{1});
  for (std::size_t bytes = 0; bytes < kMost; bytes += kLine) {
    std::ranges::fill(to, std::uint8_t{0});
    StreamCopy(src.get(), bytes, dst.get());
    FinishStreams();
    for (std::size_t i = 0; i < kMost; ++i) {
      EXPECT_EQ(to[i], i < bytes ? from[i] : 0) << "byte " << i << " of " << bytes;
    }
  }
}

}  // namespace
}  // namespace avocet
