// Sums gradients over a group while the backward pass goes on.
//
//   GradientReducer reducer(group, plan->gradient_order(), plan->gradients());
//   plan->set_on_gradient([&](const std::string& name) { reducer.OnGradient(name); });
//   plan->Step(...);
//   reducer.Finish();  // plan->gradients() are sums over all ranks
#ifndef AVOCET_ENGINE_TRAIN_MPI_GRADIENT_REDUCER_H_
#define AVOCET_ENGINE_TRAIN_MPI_GRADIENT_REDUCER_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/base/collective.h"
#include "engine/graph/parameters.h"

namespace avocet {

struct BucketOptions {
  std::size_t first_bytes = std::size_t{1} << 20;
  // Of the others; at most a quarter of all gradients, and never less than the first.
  std::size_t bytes = std::size_t{25} << 20;
};

// Numbers of consecutive gradients, of `sizes` floats each, that make one bucket: a bucket is
// closed by the gradient that fills it.
std::vector<int> PlanBuckets(std::span<const std::size_t> sizes, const BucketOptions& options);

// One thread, the one that computes.
class GradientReducer {
 public:
  // `order`: the names in the order in which they become final, the same on all ranks. All outlive
  // this object.
  GradientReducer(Collective& group, const std::vector<std::string>& order, Parameters& gradients,
                  const BucketOptions& options = {});

  // The gradient of `name` is final on this rank: the next one in the order.
  void OnGradient(const std::string& name);
  // After the last one of the step: waits for the sums and writes them into the gradients.
  void Finish();

 private:
  struct Bucket {
    std::size_t first;          // in the order
    std::size_t end;            // in the order
    std::vector<float> values;  // of its gradients, one after the other
  };

  Collective& group_;
  const std::vector<std::string>& order_;
  Parameters& gradients_;
  std::vector<Bucket> buckets_;
  std::size_t next_ = 0;    // in the order
  std::size_t bucket_ = 0;  // that `next_` goes to
  std::size_t filled_ = 0;  // floats of it
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_MPI_GRADIENT_REDUCER_H_
