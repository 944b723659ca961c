// The pictures in a folder.
#ifndef AVOCET_ENGINE_TOOL_IMAGE_FILES_H_
#define AVOCET_ENGINE_TOOL_IMAGE_FILES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace avocet {

struct ImageFile {
  std::string path;
  // The first folder below the one that was listed: where there is one folder a class, the class.
  // Empty for a file that lies in the listed folder itself.
  std::string group;
};

// Every file below `folder` whose name ends as an accepted picture's does (.jpg, .jpeg, .png,
// .webp, .bmp, .tif, .tiff, in any case), in the order of their paths; hidden ones are passed over.
// NOT_FOUND if there is none.
absl::StatusOr<std::vector<ImageFile>> ListImageFiles(const std::string& folder);

// `count` of `files` at most, evenly spread by a random order that depends on `seed` alone; they
// keep that order.
std::vector<ImageFile> Sample(std::vector<ImageFile> files, std::size_t count, unsigned seed);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_IMAGE_FILES_H_
