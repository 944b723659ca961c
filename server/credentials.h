// How callers are let in: plain text, TLS, or TLS with client certificates.
#ifndef AVOCET_SERVER_CREDENTIALS_H_
#define AVOCET_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace avocet {

// Names of PEM files; empty: none.
struct TlsFiles {
  std::string certificate;  // the server's, with the chain up to its root
  std::string key;
  std::string client_ca;  // given: callers must show a certificate that one of these signed
};

// Plain text without a certificate. Errors: INVALID_ARGUMENT naming the flag and the file that
// cannot be read or is not PEM.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeCredentials(const TlsFiles& files);

}  // namespace avocet

#endif  // AVOCET_SERVER_CREDENTIALS_H_
