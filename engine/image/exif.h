// The one thing read from EXIF.
#ifndef AVOCET_ENGINE_IMAGE_EXIF_H_
#define AVOCET_ENGINE_IMAGE_EXIF_H_

#include <string_view>

namespace avocet {

// The orientation, 1 to 8, in an EXIF block (which is a small TIFF file); 1, upright, when there is
// none or it is damaged, since damaged metadata is no reason to refuse a picture.
int ExifOrientation(std::string_view exif);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_EXIF_H_
