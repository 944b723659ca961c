#include "engine/onednn/convolution_choice.h"

#include <cstdint>
#include <string_view>

namespace avocet {
namespace {

constexpr std::string_view kTiled = "brgconv:avx512_core_amx";

// With a pixel's channels ending inside a tile register's row, kernels of even size and strides
// above 1, oneDNN 3.2 gives other sums: convnext_nano's downsampling of 80 channels in bfloat16,
// convnext_tiny's of 96 in 8 bits. Seen where the kernel's steps fit the image, in all sizes that
// were tried, never with kernels of odd size.
bool IsWrong(const dnnl::convolution_forward::primitive_desc& descriptor) {
  if (descriptor.impl_info_str() != kTiled) return false;
  constexpr std::int64_t kRowBytes = 64;  // of a tile register
  const dnnl::memory::desc src = descriptor.src_desc();
  const auto pixel_bytes =
      src.get_dims()[1] *
      static_cast<std::int64_t>(dnnl::memory::data_type_size(src.get_data_type()));
  const bool is_even = descriptor.weights_desc().get_dims().back() % 2 == 0;
  return is_even && descriptor.get_strides().back() > 1 && pixel_bytes % kRowBytes != 0;
}

}  // namespace

void SkipWrongImplementation(dnnl::convolution_forward::primitive_desc& descriptor) {
  while (IsWrong(descriptor)) {
    if (!descriptor.next_impl()) {
      throw dnnl::error(dnnl_unimplemented, "no implementation of a convolution is left");
    }
  }
}

}  // namespace avocet
