#include "engine/kernels/outer_products_amx.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/kernels/amx.h"
#include "engine/kernels/digits.h"
#include "engine/kernels/vector.h"

namespace avocet {

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512
AVOCET_BEGIN_AMX

namespace {

constexpr int kGroup = 2 * kTileRows;  // channels of left whose sums are in registers

// A matrix of pixels by channels.
template <typename T>
struct Pixels {
  const T* numbers = nullptr;
  std::ptrdiff_t stride = 0;
  int count = 0;

  Pixels From(int channel) const { return {numbers + channel, stride, count}; }
};

// How numbers become words, of some pixels of a channel each, and products' sums numbers. Words of
// 16 channels are a vector.
template <typename T>
struct Words;

template <>
struct Words<float> {
  static constexpr TileNumbers kNumbers = TileNumbers::kSigned8;
  static constexpr int kPlaces = kDigits;
  static constexpr int kPixels = 4;  // of a word

  static void Scale(const Pixels<float>& pixels, __mmask16 lanes, __m512* to_integer,
                    __m512* to_number) {
    ScaleOfColumns(pixels.numbers, pixels.stride, pixels.count, lanes, to_integer, to_number);
  }

  // Of the pixels from `pixel` on, as far as they are there.
  static inline void Get(const Pixels<float>& pixels, int pixel, __mmask16 lanes, __m512 to_integer,
                         __m512i (&word)[kPlaces]) {
    // The next vector's: pixels are too far apart for the CPU to foresee them.
    for (int p = pixel; p < std::min(pixel + kPixels, pixels.count); ++p) {
      _mm_prefetch(pixels.numbers + p * pixels.stride + kTileColumns, _MM_HINT_T0);
    }
    WordsOf(pixels.numbers, pixels.stride, pixel, pixels.count, lanes, to_integer, word);
  }

  static inline __m512 Add(__m512 before, const std::int32_t* sums, int row, float row_scale,
                           __m512 column_scales) {
    return AddNumbers(before, sums, row, row_scale, column_scales);
  }
};

template <>
struct Words<BFloat16> {
  static constexpr TileNumbers kNumbers = TileNumbers::kBFloat16;
  static constexpr int kPlaces = 1;
  static constexpr int kPixels = 2;

  static void Scale(const Pixels<BFloat16>&, __mmask16, __m512* to_integer, __m512* to_number) {
    *to_integer = *to_number = _mm512_set1_ps(1.0f);
  }

  static inline void Get(const Pixels<BFloat16>& pixels, int pixel, __mmask16 lanes, __m512,
                         __m512i (&word)[kPlaces]) {
    const BFloat16* const first = pixels.numbers + pixel * pixels.stride;
    _mm_prefetch(first + kTileColumns, _MM_HINT_T0);
    _mm_prefetch(first + pixels.stride + kTileColumns, _MM_HINT_T0);
    word[0] = pixel < pixels.count ? Widened(first, lanes) : _mm512_setzero_si512();
    if (pixel + 1 < pixels.count) {
      word[0] =
          _mm512_or_si512(word[0], _mm512_slli_epi32(Widened(first + pixels.stride, lanes), 16));
    }
  }

  static inline __m512 Add(__m512 before, const std::int32_t* sums, int row, float, __m512) {
    return _mm512_add_ps(before, _mm512_castsi512_ps(_mm512_load_si512(sums + row * kTileColumns)));
  }

 private:
  static inline __m512i Widened(const BFloat16* src, __mmask16 lanes) {
    return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, src));
  }
};

// Pixels of a part, which a register's row holds of one channel; and parts of a block.
template <typename T>
constexpr int kPartPixels = kTileRows* Words<T>::kPixels;
template <typename T>
constexpr int kBlockParts = kMaxParts* kDigits / Words<T>::kPlaces;
static_assert(kBlockParts<float> * kPartPixels<float> == kDigitOuterPixels);
static_assert(kBlockParts<BFloat16> * kPartPixels<BFloat16> == kAmxPairOuterPixels);

// What is packed stays in the second-level cache, a tile of right and a group of left in the
// nearest.
constexpr int kGroups = 24;
constexpr int kColumnBytes = kMaxParts * kDigits * kTileBytes;

struct Packed {
  alignas(64) std::uint8_t left[kGroups][2 * kColumnBytes];
  alignas(64) std::uint8_t right[kColumnBytes];
  alignas(64) std::int32_t sums[kDigits * kGroup * kTileColumns];
  alignas(64) float left_scales[kGroups * kGroup];
};

// 16 channels, as columns of a product. Returns their scales.
template <typename T>
__m512 PackRight(const Pixels<T>& pixels, int parts, __mmask16 lanes, std::uint8_t* to) {
  using W = Words<T>;
  __m512 to_integer;
  __m512 to_number;
  W::Scale(pixels, lanes, &to_integer, &to_number);
  for (int part = 0; part < parts; ++part, to += W::kPlaces * kTileBytes) {
    for (int row = 0; row < kTileRows; ++row) {
      __m512i word[W::kPlaces];
      W::Get(pixels, part * kPartPixels<T> + row * W::kPixels, lanes, to_integer, word);
      for (int d = 0; d < W::kPlaces; ++d) {
        _mm512_store_si512(to + d * kTileBytes + row * kTileRowBytes, word[d]);
      }
    }
  }
  return to_number;
}

// 16 channels, as rows of a product: one of a group's two registers.
template <typename T>
__m512 PackLeft(const Pixels<T>& pixels, int parts, __mmask16 lanes, std::uint8_t* to) {
  using W = Words<T>;
  __m512 to_integer;
  __m512 to_number;
  W::Scale(pixels, lanes, &to_integer, &to_number);
  for (int part = 0; part < parts; ++part, to += W::kPlaces * 2 * kTileBytes) {
    __m512i words[W::kPlaces][kTileRows];
    for (int row = 0; row < kTileRows; ++row) {
      __m512i word[W::kPlaces];
      W::Get(pixels, part * kPartPixels<T> + row * W::kPixels, lanes, to_integer, word);
      for (int d = 0; d < W::kPlaces; ++d) words[d][row] = word[d];
    }
    for (int d = 0; d < W::kPlaces; ++d) Transpose(words[d], to + d * 2 * kTileBytes);
  }
  return to_number;
}

// `channels` of left, from `first` on, by all of right, of `count` pixels from `pixel` on.
template <typename T>
void AddBlock(const OuterProducts<T>& at, int pixel, int count, int first, int channels,
              Packed& packed) {
  using W = Words<T>;
  const int parts = (count + kPartPixels<T> - 1) / kPartPixels<T>;
  const Pixels<T> left = {at.left + pixel * at.left_stride + first, at.left_stride, count};
  const Pixels<T> right = {at.right + pixel * at.right_stride, at.right_stride, count};
  for (int c = 0; c < channels; c += kTileRows) {
    _mm512_store_ps(packed.left_scales + c,
                    PackLeft(left.From(c), parts, FirstLanes(channels - c),
                             packed.left[c / kGroup] + c / kTileRows % 2 * kTileBytes));
  }
  const int groups = (channels + kGroup - 1) / kGroup;
  for (int column = 0; column < at.right_channels; column += kTileColumns) {
    const __mmask16 lanes = FirstLanes(at.right_channels - column);
    const __m512 scales = PackRight(right.From(column), parts, lanes, packed.right);
    for (int group = 0; group < groups; ++group) {
      MultiplyPlaces<W::kNumbers, W::kPlaces>(packed.left[group], packed.right, parts, packed.sums);
      const int rows = std::min(kGroup, channels - group * kGroup);
      float* to = at.sums + (first + group * kGroup) * at.sums_stride + column;
      for (int r = 0; r < rows; ++r, to += at.sums_stride) {
        const float scale = packed.left_scales[group * kGroup + r];
        Store(to, W::Add(Load(to, lanes), packed.sums, r, scale, scales), lanes);
      }
    }
  }
}

template <typename T>
void AddAll(const OuterProducts<T>& at) {
  Packed packed;
  ConfigureTiles(kTileRows, kTileRows, kTileRowBytes);
  const int parts = (at.pixels + kPartPixels<T> - 1) / kPartPixels<T>;
  const int blocks = (parts + kBlockParts<T> - 1) / kBlockParts<T>;
  const int groups = (at.left_channels + kGroup - 1) / kGroup;
  const int left_blocks = (groups + kGroups - 1) / kGroups;
  for (int block = 0; block < blocks; ++block) {
    const int pixel = parts * block / blocks * kPartPixels<T>;
    const int end = std::min(at.pixels, parts * (block + 1) / blocks * kPartPixels<T>);
    for (int l = 0; l < left_blocks; ++l) {
      const int first = groups * l / left_blocks * kGroup;
      const int last = std::min(at.left_channels, groups * (l + 1) / left_blocks * kGroup);
      AddBlock(at, pixel, end - pixel, first, last - first, packed);
    }
  }
  _tile_release();
}

}  // namespace

void AddOuterProductsAmx(const OuterProducts<float>& products) { AddAll(products); }
void AddOuterProductsAmx(const OuterProducts<BFloat16>& products) { AddAll(products); }

AVOCET_END_AMX
AVOCET_END_AVX512

#else

void AddOuterProductsAmx(const OuterProducts<float>&) { AVOCET_CHECK(false); }
void AddOuterProductsAmx(const OuterProducts<BFloat16>&) { AVOCET_CHECK(false); }

#endif  // defined(__x86_64__)

}  // namespace avocet
