// Which precision this CPU multiplies faster in.
#ifndef AVOCET_ENGINE_ONEDNN_PRECISION_SPEED_H_
#define AVOCET_ENGINE_ONEDNN_PRECISION_SPEED_H_

#include "absl/status/statusor.h"
#include "engine/onednn/inference_model.h"

namespace avocet {

// Seconds that `threads` threads take for a product of two square matrices of 768 rows, the least
// of five: some 5 ms a core in float32. Precision::kFloat32 or kBFloat16. INTERNAL with oneDNN's
// words where it cannot.
absl::StatusOr<double> MatrixProductSeconds(Precision precision, int threads);

// bfloat16, unless the CPU has no instructions for it or they are slower than float32's: on some
// they have half of its rate, which their smaller tensors do not make up for. Measures.
Precision FasterPrecision(int threads);

// What FasterPrecision decides from the two times.
Precision FasterPrecision(double float32_seconds, double bfloat16_seconds);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_PRECISION_SPEED_H_
