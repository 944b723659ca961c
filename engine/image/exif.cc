#include "engine/image/exif.h"

#include "engine/image/tiff_directory.h"

namespace avocet {

int ExifOrientation(std::string_view exif) {
  const auto directory = TiffDirectory::Read(exif);
  if (!directory.ok()) return 1;
  return directory->Orientation();
}

}  // namespace avocet
