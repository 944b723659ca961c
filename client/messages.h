// From the messages of proto/classifier.proto to the library's own types.
#ifndef AVOCET_CLIENT_MESSAGES_H_
#define AVOCET_CLIENT_MESSAGES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/classifier.h"
#include "proto/classifier.pb.h"

namespace avocet {

v1::ClassifyRequest ToRequest(std::vector<std::string> images, const ClassifyOptions& options);

// Moves the labels out of `response`. INTERNAL when it does not have exactly `images` results, each
// with an outcome.
absl::StatusOr<std::vector<ImageOutcome>> ToOutcomes(v1::ClassifyResponse& response, int images);

ModelInfo ToModelInfo(const v1::Model& model);

}  // namespace avocet

#endif  // AVOCET_CLIENT_MESSAGES_H_
