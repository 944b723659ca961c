#include "engine/onednn/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "engine/base/check.h"

namespace avocet {
namespace {

constexpr std::size_t kAlignment = 64;  // bytes; a cache line, and an AVX-512 vector

// Of x86-64. An arena of a few hundred megabytes in pages of 4096 bytes has more of them than the
// CPU remembers.
constexpr std::size_t kHugePage = std::size_t{2} << 20;

std::size_t RoundUp(std::size_t size, std::size_t unit = kAlignment) {
  return (size + unit - 1) / unit * unit;
}

bool Overlap(const Lifetime& a, const Lifetime& b) {
  return a.first <= b.last && b.first <= a.last;
}

struct Placed {
  std::size_t begin;
  std::size_t end;
};

}  // namespace

ArenaLayout PlanArena(std::span<const Lifetime> lifetimes) {
  ArenaLayout layout;
  layout.offsets.resize(lifetimes.size());
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return lifetimes[a].size > lifetimes[b].size;
  });
  for (std::size_t position = 0; position < order.size(); ++position) {
    const std::size_t current = order[position];
    std::vector<Placed> neighbours;  // those that live at the same time
    for (std::size_t earlier = 0; earlier < position; ++earlier) {
      const std::size_t other = order[earlier];
      if (!Overlap(lifetimes[current], lifetimes[other])) continue;
      neighbours.push_back(
          {layout.offsets[other], layout.offsets[other] + RoundUp(lifetimes[other].size)});
    }
    std::sort(neighbours.begin(), neighbours.end(),
              [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
    const std::size_t size = RoundUp(lifetimes[current].size);
    std::size_t offset = 0;
    for (const Placed& neighbour : neighbours) {
      if (offset + size <= neighbour.begin) break;
      offset = std::max(offset, neighbour.end);
    }
    layout.offsets[current] = offset;
    layout.size = std::max(layout.size, offset + size);
  }
  return layout;
}

Arena::Arena(std::size_t size) {
  const std::size_t unit = size >= kHugePage ? kHugePage : kAlignment;
  size_ = RoundUp(std::max(size, kAlignment), unit);
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(unit, size_)));
  AVOCET_CHECK(data_ != nullptr);
  // A wish: without huge pages, nothing but speed is lost.
  if (unit == kHugePage) madvise(data_.get(), size_, MADV_HUGEPAGE);
  std::memset(data_.get(), 0, size_);
}

void Arena::Free::operator()(std::byte* data) const { std::free(data); }

}  // namespace avocet
