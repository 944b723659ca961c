#include "engine/train/data/sample_reader.h"

#include <cstddef>
#include <span>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/image/decode.h"
#include "engine/image/grey.h"
#include "engine/train/data/read_file.h"

namespace avocet {
namespace {

void Expand(const GreyImages& images, std::int64_t index, Image* image) {
  image->width = images.width;
  image->height = images.height;
  image->bgr.clear();
  for (const std::uint8_t value : images.image(index))
    image->bgr.insert(image->bgr.end(), 3, value);
}

}  // namespace

absl::Status ReadSample(const Dataset& dataset, std::int64_t sample, bool grey,
                        std::string* encoded, Image* image) {
  const Sample& wanted = dataset.samples[static_cast<std::size_t>(sample)];
  if (wanted.index >= 0) {
    AVOCET_CHECK(dataset.grey_images != nullptr);
    Expand(*dataset.grey_images, wanted.index, image);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(ReadFile(wanted.path, kMaxImageFileBytes, encoded));
  RETURN_IF_ERROR(Decode(*encoded, DecodeOptions(), image));
  if (grey) ToGrey(image);
  return absl::OkStatus();
}

}  // namespace avocet
