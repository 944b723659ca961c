// Shape of an activation.
#ifndef AVOCET_ENGINE_BASE_SHAPE_H_
#define AVOCET_ENGINE_BASE_SHAPE_H_

#include <cstdint>
#include <string>

namespace avocet {

// [N, C, H, W], whatever the layout in memory. A vector of features has H = W = 1.
struct Shape {
  int n = 1;
  int c = 1;
  int h = 1;
  int w = 1;

  std::int64_t size() const { return std::int64_t{n} * c * h * w; }
  std::string ToString() const {
    return "[" + std::to_string(n) + ", " + std::to_string(c) + ", " + std::to_string(h) + ", " +
           std::to_string(w) + "]";
  }
  bool operator==(const Shape&) const = default;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_SHAPE_H_
