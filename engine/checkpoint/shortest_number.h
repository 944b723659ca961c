// Float32 numbers as JSON shows them.
#ifndef AVOCET_ENGINE_CHECKPOINT_SHORTEST_NUMBER_H_
#define AVOCET_ENGINE_CHECKPOINT_SHORTEST_NUMBER_H_

#include <charconv>
#include <cstdlib>

namespace avocet {

// The double with the shortest text that reads as `value`: 0.485 and not 0.48500001430511475.
inline double Shortest(float value) {
  char text[32] = {};  // a float32 takes 15 characters at most
  std::to_chars(text, text + sizeof(text) - 1, value);
  return std::strtod(text, nullptr);
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_SHORTEST_NUMBER_H_
