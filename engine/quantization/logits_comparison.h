// How near the logits of one program are to those of another.
#ifndef AVOCET_ENGINE_QUANTIZATION_LOGITS_COMPARISON_H_
#define AVOCET_ENGINE_QUANTIZATION_LOGITS_COMPARISON_H_

#include <span>
#include <vector>

namespace avocet {

struct LogitsComparison {
  int images = 0;
  int agreeing = 0;  // with the same largest logit
  int certain = 0;   // to which the first program gives a class a probability of at least 0.5
  int certain_agreeing = 0;
  double mean_cosine = 0;  // of the angle between the logits of an image
  double least_cosine = 0;
  double largest_probability_change = 0;  // of any class of any image

  // Share of the certain images that agree; of all, where none is certain.
  double agreement() const;
};

// Vectors of one size, image by image; at least one.
LogitsComparison CompareLogits(std::span<const std::vector<float>> expected,
                               std::span<const std::vector<float>> found);

}  // namespace avocet

#endif  // AVOCET_ENGINE_QUANTIZATION_LOGITS_COMPARISON_H_
