#include "engine/onednn/team.h"

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace avocet {

ScopedTeam::ScopedTeam(int threads) : outside_(omp_get_max_threads()) {
  if (threads != outside_) omp_set_num_threads(threads);
}

ScopedTeam::~ScopedTeam() {
  if (omp_get_max_threads() != outside_) omp_set_num_threads(outside_);
}

void ParallelRows(int images, int rows,
                  const std::function<void(int part, int image, int first, int last)>& body) {
  ParallelTeam(images * rows, [&](int part, int begin, int end) {
    for (int n = 0; n < images; ++n) {
      body(part, n, std::clamp(begin - n * rows, 0, rows), std::clamp(end - n * rows, 0, rows));
    }
  });
}

int TeamSize() { return omp_get_max_threads(); }

void ParallelFor(int count, const std::function<void(int begin, int end)>& body) {
  ParallelTeam(count, [&body](int, int begin, int end) { body(begin, end); });
}

void ParallelChunks(int count, int chunk, const std::function<void(int begin, int end)>& body) {
  const int chunks = (count + chunk - 1) / chunk;
  const int threads = std::min(omp_get_max_threads(), chunks);
  if (threads <= 1) {
    if (count > 0) body(0, count);
    return;
  }
#pragma omp parallel for num_threads(threads) schedule(dynamic, 1)
  for (int c = 0; c < chunks; ++c) body(c * chunk, std::min((c + 1) * chunk, count));
}

void ParallelTeam(int count, const std::function<void(int part, int begin, int end)>& body) {
  const int threads = std::min(omp_get_max_threads(), count);
  if (threads <= 1) {
    body(0, 0, count);
    return;
  }
#pragma omp parallel for num_threads(threads) schedule(static, 1)
  for (int t = 0; t < threads; ++t) {
    body(t, static_cast<int>(std::int64_t{count} * t / threads),
         static_cast<int>(std::int64_t{count} * (t + 1) / threads));
  }
}

}  // namespace avocet
