// A table of counts as a picture.
#ifndef AVOCET_ENGINE_IMAGE_MATRIX_PICTURE_H_
#define AVOCET_ENGINE_IMAGE_MATRIX_PICTURE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/image/image.h"

namespace avocet {

struct Matrix {
  std::vector<std::string> names;  // of rows and columns alike, at least one
  std::function<std::int64_t(int row, int column)> count;
  std::string row_title;
  std::string column_title;
};

// A square of cells, the darker the larger the cell's share of its row; the counts in the cells and
// the names at the edges as far as there is room: numbers up to 30 rows, names up to 100.
// Characters that are not ASCII are shown as "?". Sides grow with the rows and end at 4096 pixels,
// so of more rows than that only the first are shown.
Image DrawMatrix(const Matrix& matrix);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_MATRIX_PICTURE_H_
