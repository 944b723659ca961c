#include "engine/onednn/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace avocet {
namespace {

void ExpectDisjoint(const std::vector<Lifetime>& lifetimes, const ArenaLayout& layout) {
  for (std::size_t a = 0; a < lifetimes.size(); ++a) {
    EXPECT_LE(layout.offsets[a] + lifetimes[a].size, layout.size);
    EXPECT_EQ(layout.offsets[a] % 64, 0u);
    for (std::size_t b = 0; b < a; ++b) {
      const bool same_time =
          lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last;
      if (!same_time) continue;
      const bool apart = layout.offsets[a] + lifetimes[a].size <= layout.offsets[b] ||
                         layout.offsets[b] + lifetimes[b].size <= layout.offsets[a];
      EXPECT_TRUE(apart) << a << " and " << b;
    }
  }
}

TEST(PlanArena, ReusesMemoryOfTheDead) {
  const std::vector<Lifetime> chain = {{1000, -1, 0}, {1000, 0, 1}, {1000, 1, 2}, {1000, 2, 3}};
  const ArenaLayout layout = PlanArena(chain);
  ExpectDisjoint(chain, layout);
  EXPECT_EQ(layout.size, 2 * 1024u);
}

TEST(PlanArena, KeepsTensorsApartThatMeetInOneStep) {
  const std::vector<Lifetime> pair = {{64, 0, 3}, {64, 3, 5}};
  const ArenaLayout layout = PlanArena(pair);
  EXPECT_NE(layout.offsets[0], layout.offsets[1]);
}

TEST(PlanArena, NoTwoLiveTensorsOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> lifetimes;
    std::size_t total = 0;
    for (int i = 0; i < 40; ++i) {
      const int first = static_cast<int>(random() % 50);
      lifetimes.push_back({random() % 5000, first, first + static_cast<int>(random() % 6)});
      total += (lifetimes.back().size + 63) / 64 * 64;
    }
    const ArenaLayout layout = PlanArena(lifetimes);
    ExpectDisjoint(lifetimes, layout);
    EXPECT_LE(layout.size, total);
  }
}

TEST(Arena, IsAlignedAndZeroed) {
  const Arena arena(1000);
  EXPECT_GE(arena.size(), 1000u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arena.data()) % 64, 0u);
  EXPECT_TRUE(std::all_of(arena.data(), arena.data() + arena.size(),
                          [](std::byte b) { return b == std::byte{0}; }));
}

}  // namespace
}  // namespace avocet
