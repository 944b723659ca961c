#include "engine/kernels/pair_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/kernels/values.h"

namespace avocet {
namespace {

struct Case {
  int blocked;
  int paired;
  int taps;
  int block;
  bool is_blocked_first;  // [blocked, paired, taps] in memory, else [paired, blocked, taps]
};

// Both orders, whole and broken blocks, sides longer than a run, one tap and nine.
const Case kCases[] = {{64, 64, 1, 64, true},    {64, 64, 1, 64, false}, {48, 2, 9, 48, true},
                       {20, 6, 9, 16, true},     {20, 6, 9, 16, false},  {100, 130, 1, 48, true},
                       {100, 130, 1, 32, false}, {7, 66, 3, 32, true},   {33, 200, 9, 64, false}};

std::string Name(const Case& c) {
  return std::to_string(c.blocked) + " by " + std::to_string(c.paired) + " by " +
         std::to_string(c.taps) + " in blocks of " + std::to_string(c.block);
}

// Numbers of the result that are not the definition's, or not written. `broken` changes one of the
// source's.
int Differences(const Case& c, bool broken = false) {
  const auto size = static_cast<std::size_t>(c.blocked * c.paired * c.taps);
  const std::vector<float> src = Values<float>("weights", size);
  std::vector<float> given = src;
  if (broken) given[size / 2] += 1.0f;
  const int blocks = (c.blocked + c.block - 1) / c.block;
  const auto result = static_cast<std::size_t>(blocks * c.taps * c.paired * c.block);
  std::vector<BFloat16> padded(result + 32, BFloat16{0x1234});
  BFloat16* dst = padded.data();
  while (reinterpret_cast<std::uintptr_t>(dst) % 64 != 0) ++dst;
  const PairLayout layout = {.src = given.data(),
                             .dst = dst,
                             .blocked_stride = c.is_blocked_first ? c.paired * c.taps : c.taps,
                             .paired_stride = c.is_blocked_first ? c.taps : c.blocked * c.taps,
                             .blocked = c.blocked,
                             .paired = c.paired,
                             .taps = c.taps,
                             .block = c.block};
  const int parts = PairLayoutParts(layout);
  for (int part = parts; part-- > 0;) RunPairLayout(layout, part, part + 1);
  int differences = 0;
  for (int b = 0; b < blocks * c.block; ++b) {
    for (int p = 0; p < c.paired; ++p) {
      for (int t = 0; t < c.taps; ++t) {
        const auto from = b * layout.blocked_stride + p * layout.paired_stride + t;
        const int to =
            (((b / c.block * c.taps + t) * (c.paired / 2) + p / 2) * c.block + b % c.block) * 2 +
            p % 2;
        const std::uint16_t expected =
            b < c.blocked ? FromFloat<BFloat16>(src[static_cast<std::size_t>(from)]).bits : 0;
        if (dst[to].bits != expected) ++differences;
      }
    }
  }
  return differences;
}

TEST(PairLayout, EqualsTheDefinition) {
  for (const Case& c : kCases) EXPECT_EQ(Differences(c), 0) << Name(c);
}

TEST(PairLayout, ABrokenNumberShows) {
  for (const Case& c : kCases) EXPECT_EQ(Differences(c, /*broken=*/true), 1) << Name(c);
}

}  // namespace
}  // namespace avocet
