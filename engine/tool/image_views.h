// Pictures as a network sees them, once or in several views.
#ifndef AVOCET_ENGINE_TOOL_IMAGE_VIEWS_H_
#define AVOCET_ENGINE_TOOL_IMAGE_VIEWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/preprocess_config.h"
#include "engine/image/image.h"
#include "engine/image/preprocessor.h"

namespace avocet {

// View `number` of `image`: 0 is the image itself, every other one a crop, flipped at random, of a
// quarter of its area or more and a form between 3:4 and 4:3 of its own (GoogLeNet's, with larger
// crops, which keep their subject). The same for the same `seed`.
Image MakeView(const Image& image, int number, std::uint64_t seed);

// Reads files, from bytes to a network's input. Not thread-safe.
class ViewReader {
 public:
  static absl::StatusOr<ViewReader> Create(const PreprocessConfig& config);

  // The inputs [H, W, 3] of `views` views of the picture in the file `path`. Errors begin with the
  // path.
  absl::StatusOr<std::vector<std::vector<float>>> Read(const std::string& path, int views);

 private:
  explicit ViewReader(Preprocessor preprocessor) : preprocessor_(std::move(preprocessor)) {}

  Preprocessor preprocessor_;
  Preprocessor::Scratch scratch_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_IMAGE_VIEWS_H_
