// Pictures as the loader's rows begin with them: decoded, brought to a useful size, kept in memory.
#ifndef AVOCET_ENGINE_TRAIN_DATA_IMAGE_SOURCE_H_
#define AVOCET_ENGINE_TRAIN_DATA_IMAGE_SOURCE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/image/box_resize.h"
#include "engine/image/image.h"
#include "engine/image/preprocessor.h"
#include "engine/train/data/dataset.h"

namespace avocet {

// Bytes that a picture takes of ImageSource's cache.
std::int64_t CachedBytes(int width, int height);

// Thread-safe. Whether a picture came from memory or from its file makes no difference to it.
class ImageSource {
 public:
  struct Options {
    bool grey = false;
    // Evaluation's crop is all that is needed of a picture: it is made once, and kept.
    std::optional<Preprocessor> crop;
    // Without a crop: larger pictures are reduced until their shorter side has so many pixels.
    int max_shorter_side = 0;
    std::int64_t cache_bytes = 0;  // the first pictures that fit are kept
  };
  // Memory of one caller at a time.
  struct Scratch {
    std::string encoded;
    Image decoded;
    BoxResizer resizer;
    Preprocessor::Scratch preprocessor;
  };

  ImageSource(const Dataset& dataset, Options options);

  // An error is remembered: the file is not read again.
  absl::StatusOr<std::shared_ptr<const Image>> Get(std::int64_t sample, Scratch* scratch);

  // Samples that failed, and why.
  std::map<std::int64_t, absl::Status> failures() const;
  // Pictures in memory, and their bytes.
  std::pair<std::int64_t, std::int64_t> cached() const;

 private:
  absl::StatusOr<std::shared_ptr<const Image>> Make(std::int64_t sample, Scratch* scratch) const;
  void Keep(std::int64_t sample, const std::shared_ptr<const Image>& image);

  const Dataset dataset_;
  const Options options_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Image>> cache_;  // guarded by mutex_, as all below
  std::int64_t cached_images_ = 0;
  std::int64_t cached_bytes_ = 0;
  std::map<std::int64_t, absl::Status> failures_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_IMAGE_SOURCE_H_
