// Models for images of other sizes than their own.
#ifndef AVOCET_SERVER_SIZED_MODELS_H_
#define AVOCET_SERVER_SIZED_MODELS_H_

#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/status/statusor.h"
#include "server/served_model.h"

namespace avocet {

// Makes variants of models on demand. Requests of one size share a variant, as long as anybody
// holds it; this object holds none. Thread-safe.
class SizedModels {
 public:
  static constexpr int kSmallest = 32;   // pixels; backbones halve an image up to five times
  static constexpr int kLargest = 1024;  // what every backbone is tested up to

  // `largest`: the most pixels a side that callers may ask for; 0: no size but the models' own.
  explicit SizedModels(int largest) : largest_(largest) {}

  // `model` for images of size x size; 0: as it is. Errors: INVALID_ARGUMENT for sizes that are not
  // allowed, or that the network cannot take.
  absl::StatusOr<std::shared_ptr<const ServedModel>> Find(
      const std::shared_ptr<const ServedModel>& model, int size);

 private:
  const int largest_;
  std::mutex mutex_;  // guards variants_
  // A variant keeps its base alive, so that the key of a living one is unambiguous.
  std::map<std::pair<const ServedModel*, int>, std::weak_ptr<const ServedModel>> variants_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_SIZED_MODELS_H_
