// From the arguments of `avocet classify` to the files they name.
#ifndef AVOCET_CLIENT_COMMAND_IMAGE_PATHS_H_
#define AVOCET_CLIENT_COMMAND_IMAGE_PATHS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace avocet {

// Standard input, as an argument and as a path.
inline constexpr char kStandardInput[] = "-";

struct ImagePath {
  std::string path;
  absl::Status status;  // not OK: nothing to read here, and why
};

// Each argument in turn: a file as it is, whatever its name; a directory's images by extension
// (.jpg .jpeg .jpe .png .webp .bmp .tif .tiff, in any case), subdirectories included, links to
// directories not followed, sorted by path. A directory that cannot be read or has no images is an
// entry with an error.
std::vector<ImagePath> FindImages(const std::vector<std::string>& arguments);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_IMAGE_PATHS_H_
