#include "engine/kernels/depthwise_backward.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/kernels/values.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

// Ugly shapes: channels that do not fill a vector, images smaller than the filter, rows that are no
// multiple of what the kernels compute at once, TensorFlow's uneven padding.
const DepthwiseSizes kCases[] = {
    {.channels = 16,
     .height = 14,
     .width = 14,
     .out_height = 14,
     .out_width = 14,
     .kernel = 3,
     .stride = 1,
     .pad_top = 1,
     .pad_left = 1},
    {.channels = 33,
     .height = 1,
     .width = 1,
     .out_height = 1,
     .out_width = 1,
     .kernel = 3,
     .stride = 1,
     .pad_top = 1,
     .pad_left = 1},
    {.channels = 7,
     .height = 2,
     .width = 5,
     .out_height = 2,
     .out_width = 5,
     .kernel = 7,
     .stride = 1,
     .pad_top = 3,
     .pad_left = 3},
    {.channels = 24,
     .height = 16,
     .width = 30,
     .out_height = 8,
     .out_width = 15,
     .kernel = 3,
     .stride = 2,
     .pad_top = 0,
     .pad_left = 0},
    {.channels = 40,
     .height = 17,
     .width = 31,
     .out_height = 9,
     .out_width = 16,
     .kernel = 3,
     .stride = 2,
     .pad_top = 1,
     .pad_left = 1},
    {.channels = 20,
     .height = 9,
     .width = 23,
     .out_height = 9,
     .out_width = 23,
     .kernel = 5,
     .stride = 1,
     .pad_top = 2,
     .pad_left = 2},
    {.channels = 17,
     .height = 14,
     .width = 28,
     .out_height = 7,
     .out_width = 14,
     .kernel = 5,
     .stride = 2,
     .pad_top = 1,
     .pad_left = 1},
    {.channels = 9,
     .height = 15,
     .width = 15,
     .out_height = 8,
     .out_width = 8,
     .kernel = 5,
     .stride = 2,
     .pad_top = 2,
     .pad_left = 2},
    {.channels = 48,
     .height = 8,
     .width = 57,
     .out_height = 8,
     .out_width = 57,
     .kernel = 7,
     .stride = 1,
     .pad_top = 3,
     .pad_left = 3},
    {.channels = 19,
     .height = 16,
     .width = 16,
     .out_height = 8,
     .out_width = 8,
     .kernel = 7,
     .stride = 2,
     .pad_top = 2,
     .pad_left = 2},
};

std::string Name(const DepthwiseSizes& s) {
  return std::to_string(s.channels) + " channels of " + std::to_string(s.height) + " x " +
         std::to_string(s.width) + ", filter " + std::to_string(s.kernel) + " / " +
         std::to_string(s.stride);
}

// Calls body(pixel of the source, pixel of the result, tap) for all that meet.
template <typename Body>
void ForMeetings(const DepthwiseSizes& s, const Body& body) {
  for (int oh = 0; oh < s.out_height; ++oh) {
    for (int ow = 0; ow < s.out_width; ++ow) {
      for (int tap = 0; tap < s.kernel * s.kernel; ++tap) {
        const int h = oh * s.stride - s.pad_top + tap / s.kernel;
        const int w = ow * s.stride - s.pad_left + tap % s.kernel;
        if (h < 0 || h >= s.height || w < 0 || w >= s.width) continue;
        body(h * s.width + w, oh * s.out_width + ow, tap);
      }
    }
  }
}

std::size_t At(const DepthwiseSizes& s, int row, int channel) {
  return static_cast<std::size_t>(row * s.channels + channel);
}

std::size_t SourceSize(const DepthwiseSizes& s) { return At(s, s.height * s.width, 0); }
std::size_t ResultSize(const DepthwiseSizes& s) { return At(s, s.out_height * s.out_width, 0); }
std::size_t FilterSize(const DepthwiseSizes& s) { return At(s, s.kernel * s.kernel, 0); }

// Largest error of the gradient of the source, in tolerances. `broken` adds 1 to the kernel's
// centre weight of channel 0, which must show.
template <typename T>
double SourceError(const DepthwiseSizes& s, bool broken = false) {
  const std::vector<T> diff_dst = Values<T>("diff", ResultSize(s));
  std::vector<float> weights = Values<float>("weights", FilterSize(s));
  std::vector<double> expected(SourceSize(s));
  ForMeetings(s, [&](int source, int result, int tap) {
    for (int c = 0; c < s.channels; ++c) {
      expected[At(s, source, c)] += ToDouble(diff_dst[At(s, result, c)]) * weights[At(s, tap, c)];
    }
  });
  if (broken) weights[At(s, s.kernel * s.kernel / 2, 0)] += 1.0f;
  std::vector<T> found(SourceSize(s));
  const int middle = s.height / 2;
  DepthwiseDiffSrc(s, diff_dst.data(), weights.data(), 0, middle, found.data());
  DepthwiseDiffSrc(s, diff_dst.data(), weights.data(), middle, s.height,
                   found.data() + At(s, middle * s.width, 0));
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    worst = Worst(worst, std::abs(ToDouble(found[i]) - expected[i]) / Tolerance<T>(expected[i]));
  }
  return worst;
}

// The same of the gradients of the weights, which are added to what is there. `broken` adds 1 to
// one number of the gradient that the kernel reads.
template <typename T>
double WeightError(const DepthwiseSizes& s, bool broken = false) {
  const std::vector<T> src = Values<T>("src", SourceSize(s));
  std::vector<T> diff_dst = Values<T>("diff", ResultSize(s));
  std::vector<double> expected(FilterSize(s), 0.5);
  ForMeetings(s, [&](int source, int result, int tap) {
    for (int c = 0; c < s.channels; ++c) {
      expected[At(s, tap, c)] +=
          ToDouble(src[At(s, source, c)]) * ToDouble(diff_dst[At(s, result, c)]);
    }
  });
  if (broken) diff_dst[0] = FromFloat<T>(static_cast<float>(ToDouble(diff_dst[0])) + 1.0f);
  std::vector<float> found(FilterSize(s), 0.5f);
  const int middle = s.out_height / 2;
  AddDepthwiseDiffWeights(s, src.data(), diff_dst.data(), 0, middle, found.data());
  AddDepthwiseDiffWeights(s, src.data(), diff_dst.data() + At(s, middle * s.out_width, 0), middle,
                          s.out_height, found.data());
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    // Sums stay float32 whatever T.
    worst = Worst(worst, std::abs(found[i] - expected[i]) / (4 * Tolerance<float>(expected[i])));
  }
  return worst;
}

TEST(DepthwiseBackward, SourceGradientEqualsTheDefinition) {
  for (const DepthwiseSizes& s : kCases) {
    EXPECT_LT(SourceError<float>(s), 1) << Name(s);
    EXPECT_LT(SourceError<BFloat16>(s), 1) << Name(s);
    EXPECT_GT(SourceError<float>(s, /*broken=*/true), 10) << Name(s);
  }
}

TEST(DepthwiseBackward, WeightGradientEqualsTheDefinition) {
  for (const DepthwiseSizes& s : kCases) {
    EXPECT_LT(WeightError<float>(s), 1) << Name(s);
    EXPECT_LT(WeightError<BFloat16>(s), 1) << Name(s);
    EXPECT_GT(WeightError<float>(s, /*broken=*/true), 10) << Name(s);
  }
}

}  // namespace
}  // namespace avocet
