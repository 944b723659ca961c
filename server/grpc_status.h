// From our statuses to gRPC's.
#ifndef AVOCET_SERVER_GRPC_STATUS_H_
#define AVOCET_SERVER_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace avocet {

// The codes have the same numbers on both sides.
inline grpc::Status ToGrpcStatus(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
}

}  // namespace avocet

#endif  // AVOCET_SERVER_GRPC_STATUS_H_
