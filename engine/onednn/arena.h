// Places tensors that live at different times into one allocation.
#ifndef AVOCET_ENGINE_ONEDNN_ARENA_H_
#define AVOCET_ENGINE_ONEDNN_ARENA_H_

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace avocet {

// A tensor as the planner sees it: bytes, and the first and last step (inclusive) that use them.
struct Lifetime {
  std::size_t size = 0;
  int first = 0;
  int last = 0;
};

struct ArenaLayout {
  std::vector<std::size_t> offsets;  // one a lifetime, multiples of 64 bytes
  std::size_t size = 0;              // of the whole arena
};

// Gives every lifetime an offset so that no two that overlap in time overlap in memory. Largest
// first, each at the lowest place that is free (the greedy-by-size heuristic of arXiv 2001.03288,
// section 5.2).
ArenaLayout PlanArena(std::span<const Lifetime> lifetimes);

// Zeroed memory, aligned to 64 bytes.
class Arena {
 public:
  explicit Arena(std::size_t size);

  std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* data) const;
  };
  std::size_t size_;
  std::unique_ptr<std::byte, Free> data_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_ARENA_H_
