// Which range of an activation the integers of 8 bits cover.
#ifndef AVOCET_ENGINE_QUANTIZATION_CLIP_RANGE_H_
#define AVOCET_ENGINE_QUANTIZATION_CLIP_RANGE_H_

#include "engine/graph/quantization.h"
#include "engine/quantization/histogram.h"

namespace avocet {

// kMinMax: everything seen. kPercentile: all but the largest 0.01 % of values. kMeanSquaredError:
// where rounding inside and clipping outside together cost least.
enum class RangeMethod { kMinMax, kPercentile, kMeanSquaredError };

// The scale for values distributed as `histogram`; 1 if all are zero.
QuantizedActivation ChooseRange(const Histogram& histogram, bool is_signed, RangeMethod method);

}  // namespace avocet

#endif  // AVOCET_ENGINE_QUANTIZATION_CLIP_RANGE_H_
