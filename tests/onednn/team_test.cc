#include "engine/onednn/team.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace avocet {
namespace {

using testing::Each;

struct Chunk {
  int begin;
  int end;
};

std::vector<Chunk> ChunksOf(int count, int chunk) {
  std::mutex mutex;
  std::vector<Chunk> chunks;
  ParallelChunks(count, chunk, [&](int begin, int end) {
    const std::lock_guard lock(mutex);
    chunks.push_back({begin, end});
  });
  return chunks;
}

TEST(ParallelChunks, CoverEachIndexOnce) {
  for (const int threads : {1, 2, 3}) {
    const ScopedTeam team(threads);
    for (const int count : {0, 1, 5, 6, 7, 100}) {
      std::vector<int> visits(static_cast<std::size_t>(count));
      for (const Chunk& chunk : ChunksOf(count, 3)) {
        for (int i = chunk.begin; i < chunk.end; ++i) ++visits[static_cast<std::size_t>(i)];
      }
      EXPECT_THAT(visits, Each(1)) << threads << " threads, " << count;
    }
  }
}

TEST(ParallelChunks, BeginAtMultiplesAndAreAsLongAsAsked) {
  const ScopedTeam team(2);
  const std::vector<Chunk> chunks = ChunksOf(10, 4);
  ASSERT_EQ(chunks.size(), 3U);
  for (const Chunk& chunk : chunks) {
    EXPECT_EQ(chunk.begin % 4, 0);
    EXPECT_EQ(chunk.end, std::min(chunk.begin + 4, 10));
  }
}

// The first chunk ends when all others have: with equal shares its thread would have some of them.
TEST(ParallelChunks, AThreadThatIsDoneTakesTheNext) {
  constexpr int kChunks = 8;
  const ScopedTeam team(2);
  std::atomic<int> others = 0;
  std::mutex mutex;
  std::set<std::thread::id> threads;
  ParallelChunks(kChunks, 1, [&](int begin, int) {
    {
      const std::lock_guard lock(mutex);
      threads.insert(std::this_thread::get_id());
    }
    if (begin > 0) {
      ++others;
      return;
    }
    while (others < kChunks - 1) std::this_thread::yield();
  });
  EXPECT_EQ(others, kChunks - 1);
  EXPECT_EQ(threads.size(), 2U);
}

}  // namespace
}  // namespace avocet
