#include "engine/kernels/pointwise_int8.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/kernels/values.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

struct Case {
  int pixels;
  int in_channels;
  int out_channels;
  Storage src;
  Storage dst;
  std::optional<ActivationKind> activation = std::nullopt;
  bool gate = false;
  bool residual = false;
};

// Ugly shapes, in all kinds of integers.
const Case kCases[] = {
    {1, 4, 1, Storage::kUnsigned8, Storage::kFloat32},
    {7, 16, 96, Storage::kSigned8, Storage::kSigned8, ActivationKind::kSilu},
    {49, 24, 40, Storage::kSigned8, Storage::kSigned8, std::nullopt, true, true},
    {50, 96, 24, Storage::kUnsigned8, Storage::kSigned8, std::nullopt, true},
    {196, 12, 47, Storage::kSigned8, Storage::kSigned8, ActivationKind::kGelu},
    {257, 36, 49, Storage::kUnsigned8, Storage::kUnsigned8, ActivationKind::kRelu},
    {263, 8, 17, Storage::kSigned8, Storage::kFloat32, ActivationKind::kRelu6, false, true},
    {33, 4000, 20, Storage::kSigned8, Storage::kUnsigned8, ActivationKind::kSigmoid},
    // No equal parts for AMX.
    {50, 68, 33, Storage::kSigned8, Storage::kSigned8, ActivationKind::kSilu, true, true},
    {70, 76, 97, Storage::kSigned8, Storage::kSigned8, ActivationKind::kSilu},
    {70, 76, 97, Storage::kUnsigned8, Storage::kUnsigned8, ActivationKind::kRelu6},
    // Groups of pixels of both kinds, tiles and parts that end inside a register.
    {97, 112, 160, Storage::kUnsigned8, Storage::kSigned8, ActivationKind::kSilu},
    {115, 56, 95, Storage::kSigned8, Storage::kSigned8, std::nullopt, false, true},
};

// [-128, 127] or [0, 255], a byte each.
std::vector<std::uint8_t> Bytes(std::string_view key, std::size_t count) {
  std::vector<std::uint8_t> bytes;
  for (const float value : NamedValues(key, count)) {
    bytes.push_back(static_cast<std::uint8_t>(static_cast<int>(value * 127.99f)));
  }
  return bytes;
}

double Integer(std::uint8_t byte, Storage storage) {
  return storage == Storage::kSigned8 ? static_cast<std::int8_t>(byte) : byte;
}

double Round(double value, Storage storage) {
  const bool is_signed = storage == Storage::kSigned8;
  return std::clamp(std::nearbyint(value), is_signed ? -128.0 : 0.0, is_signed ? 127.0 : 255.0);
}

// Largest difference from the definition in double precision, in steps of the result's integers (or
// in thousandths of what a step of 0.05 would be, for float32). `broken` changes one weight of the
// kernel's, which must show.
double Error(const Case& c, bool broken = false) {
  const auto pixels = static_cast<std::size_t>(c.pixels);
  const auto in = static_cast<std::size_t>(c.in_channels);
  const auto out = static_cast<std::size_t>(c.out_channels);
  const std::vector<std::uint8_t> src = Bytes("src", pixels * in);
  const std::vector<std::uint8_t> weights = Bytes("weights", out * in);
  const std::vector<float> bias = Values<float>("bias", out);
  std::vector<float> gate = Values<float>("gate", in);
  for (float& value : gate) value = (value + 1.0f) / 2.0f;
  const bool is_float = c.dst == Storage::kFloat32;
  const float dst_scale = is_float ? 1.0f : 0.05f;
  const float residual_scale = 0.03f;
  // Results of a few units.
  const float scale = 4e-4f / static_cast<float>(std::sqrt(static_cast<double>(in)));
  const bool is_shifted = (c.gate || c.src == Storage::kSigned8) && ShiftsSigned(c.in_channels);
  const Storage multiplied = c.gate ? Storage::kSigned8 : c.src;

  std::vector<float> multiplier(out);
  std::vector<float> offset(out);
  std::vector<std::int8_t> packed_store(
      static_cast<std::size_t>(PointwiseTiles(c.out_channels) * c.in_channels * kPointwiseTile) +
      64);
  std::int8_t* packed = packed_store.data();
  while (reinterpret_cast<std::uintptr_t>(packed) % 64 != 0) ++packed;
  for (int o = 0; o < c.out_channels; ++o) {
    double sum = 0;
    for (int k = 0; k < c.in_channels; ++k) {
      const auto weight =
          static_cast<std::int8_t>(weights[static_cast<std::size_t>(o * c.in_channels + k)]);
      packed[o / kPointwiseTile * c.in_channels * kPointwiseTile + k / 4 * 4 * kPointwiseTile +
             o % kPointwiseTile * 4 + k % 4] = weight;
      sum += weight;
    }
    const auto index = static_cast<std::size_t>(o);
    multiplier[index] = scale * (1.0f + 0.5f * bias[index]);
    offset[index] = bias[index];
    if (is_shifted) offset[index] -= static_cast<float>(128.0 * sum * multiplier[index]);
  }
  if (broken)
    packed[0] = static_cast<std::int8_t>(packed[0] > 0 ? packed[0] - 120 : packed[0] + 120);

  std::vector<std::uint8_t> dst = Bytes("residual", pixels * out * (is_float ? 4 : 1));
  if (is_float) {
    const std::vector<float> values = Values<float>("residual", pixels * out);
    __builtin_memcpy(dst.data(), values.data(), dst.size());
  }
  const std::vector<std::uint8_t> residual = dst;
  std::vector<std::uint8_t> scratch(PointwiseInt8ScratchBytes(c.in_channels));
  const PointwiseInt8 conv = {.src = src.data(),
                              .weights = packed,
                              .multiplier = multiplier.data(),
                              .offset = offset.data(),
                              .gate = c.gate ? gate.data() : nullptr,
                              .residual = c.residual ? dst.data() : nullptr,
                              .dst = dst.data(),
                              .in_channels = c.in_channels,
                              .out_channels = c.out_channels,
                              .src_storage = c.src,
                              .dst_storage = c.dst,
                              .residual_scale = residual_scale,
                              .dst_scale = dst_scale,
                              .activation = c.activation};
  const int tiles = PointwiseTiles(c.out_channels);
  RunPointwiseInt8(conv, 0, c.pixels / 2, 0, tiles, scratch.data());
  RunPointwiseInt8(conv, c.pixels / 2, c.pixels, 0, tiles, scratch.data());

  const auto number = [&](const std::vector<std::uint8_t>& bytes, std::size_t i) -> double {
    if (!is_float) return Integer(bytes[i], c.dst);
    float value;
    __builtin_memcpy(&value, bytes.data() + 4 * i, sizeof(value));
    return value;
  };
  double worst = 0;
  for (std::size_t p = 0; p < pixels; ++p) {
    for (std::size_t o = 0; o < out; ++o) {
      double sum = 0;
      for (std::size_t k = 0; k < in; ++k) {
        double value = Integer(src[p * in + k], c.src);
        if (c.gate) value = Round(value * gate[k], multiplied);
        sum += value * static_cast<std::int8_t>(weights[o * in + k]);
      }
      double value = sum * multiplier[o] + bias[o];
      if (c.residual) value += residual_scale * number(residual, p * out + o);
      value = Activated(c.activation, value);
      const double found = number(dst, p * out + o);
      const double error = is_float ? std::abs(found - value) / 5e-5
                                    : std::abs(found - Round(value / dst_scale, c.dst));
      worst = Worst(worst, error);
    }
  }
  return worst;
}

TEST(PointwiseInt8, EqualsTheDefinition) {
  if (!HasInt8Kernels()) GTEST_SKIP() << "no AVX512-VNNI";
  // Halves may be rounded either way.
  for (const Case& c : kCases) EXPECT_LE(Error(c), 1) << PointwiseName(c);
}

TEST(PointwiseInt8, ABrokenWeightShows) {
  if (!HasInt8Kernels()) GTEST_SKIP() << "no AVX512-VNNI";
  for (const Case& c : kCases) {
    if (c.in_channels > 1000) continue;  // one weight of 4000 is below a step
    EXPECT_GT(Error(c, /*broken=*/true), 1) << PointwiseName(c);
  }
}

}  // namespace
}  // namespace avocet
