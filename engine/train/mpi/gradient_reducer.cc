#include "engine/train/mpi/gradient_reducer.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"

namespace avocet {

std::vector<int> PlanBuckets(std::span<const std::size_t> sizes, const BucketOptions& options) {
  const std::size_t all =
      sizeof(float) * std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  const std::size_t bytes = std::max(options.first_bytes, std::min(options.bytes, all / 4));
  std::vector<int> buckets;
  int gradients = 0;
  std::size_t filled = 0;
  for (const std::size_t size : sizes) {
    ++gradients;
    filled += sizeof(float) * size;
    if (filled < (buckets.empty() ? options.first_bytes : bytes)) continue;
    buckets.push_back(gradients);
    gradients = 0;
    filled = 0;
  }
  if (gradients > 0) buckets.push_back(gradients);
  return buckets;
}

GradientReducer::GradientReducer(Collective& group, const std::vector<std::string>& order,
                                 Parameters& gradients, const BucketOptions& options)
    : group_(group), order_(order), gradients_(gradients) {
  std::vector<std::size_t> sizes;
  for (const std::string& name : order) sizes.push_back(gradients.Get(name).size());
  std::size_t first = 0;
  for (const int count : PlanBuckets(sizes, options)) {
    const std::size_t end = first + static_cast<std::size_t>(count);
    const std::span<const std::size_t> mine = std::span(sizes).subspan(first, end - first);
    const std::size_t floats = std::accumulate(mine.begin(), mine.end(), std::size_t{0});
    buckets_.push_back({first, end, std::vector<float>(floats)});
    first = end;
  }
}

void GradientReducer::OnGradient(const std::string& name) {
  AVOCET_CHECK(next_ < order_.size() && order_[next_] == name);
  Bucket& bucket = buckets_[bucket_];
  const std::span<const float> gradient = gradients_.Get(name);
  std::ranges::copy(gradient, std::span(bucket.values).subspan(filled_).begin());
  filled_ += gradient.size();
  if (++next_ < bucket.end) return;
  group_.StartSum(bucket.values);
  ++bucket_;
  filled_ = 0;
}

void GradientReducer::Finish() {
  AVOCET_CHECK(next_ == order_.size());
  group_.Wait();
  for (const Bucket& bucket : buckets_) {
    std::span<const float> values = bucket.values;
    for (std::size_t i = bucket.first; i < bucket.end; ++i) {
      const std::span<float> gradient = gradients_.Get(order_[i]);
      std::ranges::copy(values.first(gradient.size()), gradient.begin());
      values = values.subspan(gradient.size());
    }
  }
  next_ = bucket_ = 0;
}

}  // namespace avocet
