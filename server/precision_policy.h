// In which precision models are to be served.
#ifndef AVOCET_SERVER_PRECISION_POLICY_H_
#define AVOCET_SERVER_PRECISION_POLICY_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/precision.h"

namespace avocet {

// What an operator asks for; nothing means `auto`.
using WantedPrecision = std::optional<Precision>;

struct PrecisionPolicy {
  WantedPrecision of_all;
  std::map<std::string, WantedPrecision> of_model;  // by name

  WantedPrecision For(const std::string& model) const;
};

// Takes "bfloat16" or "auto", for all models, or "NAME=bfloat16" for one. Errors: INVALID_ARGUMENT
// with what was expected.
absl::Status AddPrecision(std::string_view text, PrecisionPolicy& policy);

// What decides which precisions a model can be served in.
struct PrecisionConditions {
  bool has_quantization = false;           // in the model's folder
  bool has_bfloat16_instructions = false;  // in the CPU
};

struct AllowedPrecisions {
  std::vector<Precision> precisions;  // at least one, the most exact first
  std::string note;                   // for the log, where it is not what was asked for; or empty
};

// Of several the fastest is to be taken. `auto` takes int8 only for a model with a quantization,
// which its makers have held against float32. Errors: INVALID_ARGUMENT for int8 without one.
absl::StatusOr<AllowedPrecisions> AllowPrecisions(WantedPrecision wanted,
                                                  const PrecisionConditions& conditions);

}  // namespace avocet

#endif  // AVOCET_SERVER_PRECISION_POLICY_H_
