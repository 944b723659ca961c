// The steps of a compiled network, measured: `avocet-model describe --compiled`.
#ifndef AVOCET_ENGINE_TOOL_PROGRAM_REPORT_H_
#define AVOCET_ENGINE_TOOL_PROGRAM_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/precision.h"
#include "engine/tool/network.h"

namespace avocet {

struct ProgramOptions {
  int batch_size = 1;
  int threads = 1;
  int runs = 0;  // 0: about a second's worth
  // int8 is for model folders with a quantization alone.
  Precision precision = Precision::kFloat32;
};

struct ProgramStep {
  std::string name;
  std::string operation;       // the node's, in words; empty for a step beside it
  std::string implementation;  // oneDNN's
  double seconds = 0;          // median
  std::int64_t multiply_adds = 0;
};

struct ProgramReport {
  std::string architecture;
  bool random_weights = true;
  Precision precision = Precision::kFloat32;
  Shape input;
  int threads = 1;
  int runs = 0;
  std::vector<ProgramStep> steps;
  double run_seconds = 0;      // median of whole runs
  double compile_seconds = 0;  // passes, compilation and a first run
  std::size_t arena_bytes = 0;
  std::size_t weight_bytes = 0;
  std::size_t duplicate_weight_bytes = 0;  // of those, second layouts
};

absl::StatusOr<ProgramReport> MeasureProgram(const Network& network, const ProgramOptions& options);

std::string ProgramText(const ProgramReport& report, int max_width);
std::string ProgramJson(const ProgramReport& report);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_PROGRAM_REPORT_H_
