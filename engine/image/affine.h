// Rotations, shifts, shears and changes of scale.
#ifndef AVOCET_ENGINE_IMAGE_AFFINE_H_
#define AVOCET_ENGINE_IMAGE_AFFINE_H_

#include <array>
#include <cstdint>

#include "engine/image/image.h"

namespace avocet {

// Where in the source the pixel of the result comes from: (m[0] x + m[1] y + m[2],
// m[3] x + m[4] y + m[5]), with pixel centres at halves, as in Pillow's Image.transform.
using AffineMatrix = std::array<double, 6>;

// What torchvision's RandomAffine draws, about the centre of the picture.
struct AffineMotion {
  double degrees = 0;      // clockwise
  double translate_x = 0;  // pixels, to the right
  double translate_y = 0;  // pixels, down
  double scale = 1;
  double shear = 0;  // degrees, along x
};

// torchvision's inverse matrix of `motion`.
AffineMatrix InverseMatrix(const AffineMotion& motion, int width, int height);

// Pillow's Image.transform(AFFINE, BILINEAR): `moved` gets the size of `image`, which is another
// picture; pixels from outside become `fill` (RGB).
void ApplyAffine(const Image& image, const AffineMatrix& matrix,
                 const std::array<std::uint8_t, 3>& fill, Image* moved);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_AFFINE_H_
