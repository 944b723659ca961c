// 1x1 convolutions of 8-bit integers, with what follows them done before the results are rounded to
// 8 bits again.
#ifndef AVOCET_ENGINE_KERNELS_POINTWISE_INT8_H_
#define AVOCET_ENGINE_KERNELS_POINTWISE_INT8_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/graph/op.h"
#include "engine/kernels/pointwise.h"

namespace avocet {

// How numbers lie in memory.
enum class Storage { kFloat32, kUnsigned8, kSigned8 };

// One image, or any number of pixels. Integers q stand for scale * q.
struct PointwiseInt8 {
  const void* src;             // [pixels, in_channels] of src_storage, which is one of 8 bits
  const std::int8_t* weights;  // [tiles][in_channels / 4][kPointwiseTile][4] (oneDNN's
                               // OhwI48o4i), zeros behind the last output channel
  const float* multiplier;     // [out_channels]: scale of the products
  const float* offset;         // [out_channels]: bias, minus 128 times the multiplier times the sum
                               // of the weights, if the source that is multiplied is signed and
                               // ShiftsSigned
  const float* gate;           // [in_channels] factors of src, or null. The products are rounded
                               // to signed integers: factors include the change of scale.
  const void* residual;        // [pixels, out_channels] of dst_storage, added before the
                               // activation, or null; may be dst
  void* dst;                   // [pixels, out_channels] of dst_storage
  int in_channels;             // a multiple of 4
  int out_channels;
  Storage src_storage;
  Storage dst_storage;
  float residual_scale;
  float dst_scale;
  std::optional<ActivationKind> activation;
};

// AVX-512 with VNNI.
bool HasInt8Kernels();

// Whether what is multiplied for a signed source of `in_channels` is that plus 128.
bool ShiftsSigned(int in_channels);

// What RunPointwiseInt8 uses, as PointwiseIsa.
const char* PointwiseInt8Isa(int in_channels);

// Bytes of scratch for one call.
std::size_t PointwiseInt8ScratchBytes(int in_channels);

// As RunPointwise. Needs HasInt8Kernels. `scratch` is used for signed sources.
void RunPointwiseInt8(const PointwiseInt8& conv, int begin, int end, int first_tile, int last_tile,
                      void* scratch);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_POINTWISE_INT8_H_
