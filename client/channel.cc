#include "client/channel.h"

#include <limits>
#include <optional>
#include <string>

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/read_file.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

absl::StatusOr<std::string> ReadPem(const char* what, const std::string& path) {
  constexpr int64_t kMaxPemBytes =
      16 << 20;  // a whole system's bundle of authorities has about 0.2 MiB
  if (path.empty()) return std::string();
  absl::StatusOr<std::string> text = ReadFile(path, kMaxPemBytes);
  if (!text.ok()) {
    return absl::Status(text.status().code(),
                        absl::StrCat(what, " \"", path, "\": ", text.status().message()));
  }
  if (text->find("-----BEGIN ") == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " \"", path, "\": expected PEM, found no \"-----BEGIN\" line"));
  }
  return text;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(
    const std::optional<TlsOptions>& tls) {
  if (!tls.has_value()) return grpc::InsecureChannelCredentials();
  if (tls->cert_file.empty() != tls->key_file.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("TLS: a client certificate needs its key and the reverse, found only ",
                     tls->cert_file.empty() ? "the key \"" + tls->key_file
                                            : "the certificate \"" + tls->cert_file,
                     "\""));
  }
  grpc::SslCredentialsOptions ssl;
  ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadPem("TLS certificate authority", tls->ca_file));
  ASSIGN_OR_RETURN(ssl.pem_cert_chain, ReadPem("TLS certificate", tls->cert_file));
  ASSIGN_OR_RETURN(ssl.pem_private_key, ReadPem("TLS key", tls->key_file));
  return grpc::SslCredentials(ssl);
}

// gRPC would take "localhost" to mean port 443; nobody who writes it here does.
absl::Status CheckTarget(const std::string& target) {
  for (const char* scheme : {"dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:"}) {
    if (target.rfind(scheme, 0) == 0) return absl::OkStatus();
  }
  const size_t colon = target.rfind(':');
  int port = 0;
  const bool bare_ipv6 = target.find(':') != colon && target.find("]:") == std::string::npos;
  if (colon == std::string::npos || colon == 0 || bare_ipv6 ||
      !absl::SimpleAtoi(target.substr(colon + 1), &port) || port < 1 || port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("server address: expected HOST:PORT, found \"", target, "\""));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ClassifierOptions& options) {
  RETURN_IF_ERROR(CheckTarget(options.target));
  constexpr int64_t kMaxInt = std::numeric_limits<int>::max();  // of gRPC's channel arguments
  if (options.max_message_bytes < 1 || options.max_message_bytes > kMaxInt) {
    return absl::InvalidArgumentError(absl::StrCat("max_message_bytes: expected 1 to ", kMaxInt,
                                                   ", found ", options.max_message_bytes));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelCredentials> credentials, Credentials(options.tls));

  grpc::ChannelArguments arguments;
  arguments.SetMaxSendMessageSize(static_cast<int>(options.max_message_bytes));
  arguments.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  if (options.tls.has_value() && !options.tls->server_name.empty()) {
    arguments.SetSslTargetNameOverride(options.tls->server_name);
  }
  // Retries are this library's: gRPC's would keep copies of requests, and know neither our clock
  // nor our policy.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Between attempts the connection must be tried anew; gRPC's first pause of 1 s would make
  // retries fail without a try.
  const auto backoff = static_cast<int>(options.retry.initial_backoff.count());
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, backoff);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
                   static_cast<int>(options.retry.max_backoff.count()));
  // A connection of its own for each Classifier: without it gRPC shares one between channels to the
  // same target.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(options.target, credentials, arguments);
}

}  // namespace avocet
