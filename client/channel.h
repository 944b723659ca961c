// Makes the gRPC channel that a Classifier's options describe.
#ifndef AVOCET_CLIENT_CHANNEL_H_
#define AVOCET_CLIENT_CHANNEL_H_

#include <memory>

#include <grpcpp/channel.h>

#include "absl/status/statusor.h"
#include "client/classifier.h"

namespace avocet {

// Checks target, limits and TLS files; does not connect. Errors as for Classifier::Create.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ClassifierOptions& options);

}  // namespace avocet

#endif  // AVOCET_CLIENT_CHANNEL_H_
