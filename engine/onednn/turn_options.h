// How steps over large tensors take turns (row_group.h).
#ifndef AVOCET_ENGINE_ONEDNN_TURN_OPTIONS_H_
#define AVOCET_ENGINE_ONEDNN_TURN_OPTIONS_H_

#include <cstddef>
#include <cstdint>

namespace avocet {

struct TurnOptions {
  // Of the rows of all tensors in a turn: half of the second-level cache of today's servers, which
  // have 1 MB and more a core.
  std::size_t bytes = std::size_t{512} << 10;
  // Bytes from which on a tensor is large: what is smaller is still in the last cache when the next
  // step wants it, and oneDNN's products are faster than those that can take turns.
  std::int64_t large_tensor = std::int64_t{10} << 20;
  // Bytes of a tensor of which little is still in the last cache when all of it has been written:
  // there are CPUs with more cache, but it is shared with what is read meanwhile. From here on,
  // results go past the caches: the norms' at once, and what later steps of the turn take up when
  // these are done.
  std::int64_t streamed_tensor = std::int64_t{16} << 20;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TURN_OPTIONS_H_
