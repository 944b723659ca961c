// 1x1 convolutions on CPUs with AMX, whose tile registers multiply 16 pixels by 16 output channels.
#ifndef AVOCET_ENGINE_KERNELS_POINTWISE_AMX_H_
#define AVOCET_ENGINE_KERNELS_POINTWISE_AMX_H_

#include "engine/kernels/pointwise.h"
#include "engine/kernels/pointwise_int8.h"

namespace avocet {

// Whether this CPU has AMX and a pixel's channels of `pixel_bytes` divide into equal parts that
// fill at least half of a tile register's row.
bool TakesAmx(int pixel_bytes);

// As RunPointwise and RunPointwiseInt8, for which TakesAmx holds; signed sources are multiplied as
// they are. Leaves the thread's tile registers released.
void RunPointwiseAmx(const Pointwise<BFloat16>& conv, int begin, int end, int first_tile,
                     int last_tile, void* scratch);
void RunPointwiseInt8Amx(const PointwiseInt8& conv, int begin, int end, int first_tile,
                         int last_tile, void* scratch);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_POINTWISE_AMX_H_
