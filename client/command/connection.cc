#include "client/command/connection.h"

#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "client/command/terminal.h"

namespace avocet {

void ConnectionFlags::AddTo(CLI::App& command) {
  constexpr double kLongestSeconds = 86400;
  command.add_option("--server", server, "Address of the server")
      ->envname("AVOCET_SERVER")
      ->type_name("HOST:PORT")
      ->capture_default_str()
      ->group("Connection");
  command.add_option("--deadline", deadline_seconds, "Seconds a call may take, retries included")
      ->check(CLI::Range(0.001, kLongestSeconds))
      ->type_name("S")
      ->capture_default_str()
      ->group("Connection");
  command.add_flag("--tls", tls, "Encrypt; trust the system's certificate authorities")
      ->group("Connection");
  command
      .add_option("--tls-ca", tls_files.ca_file,
                  "Encrypt; trust the authorities in this file (PEM)")
      ->type_name("FILE")
      ->group("Connection");
  command.add_option("--tls-cert", tls_files.cert_file, "Certificate of this client (PEM)")
      ->type_name("FILE")
      ->group("Connection");
  command.add_option("--tls-key", tls_files.key_file, "Its private key (PEM)")
      ->type_name("FILE")
      ->group("Connection");
  command
      .add_option("--tls-server-name", tls_files.server_name,
                  "Name expected in the server's certificate, if not HOST")
      ->type_name("NAME")
      ->group("Connection");
}

ClassifierOptions ConnectionFlags::ToOptions() const {
  ClassifierOptions options;
  options.target = server;
  options.deadline = std::chrono::milliseconds(std::llround(deadline_seconds * 1000));
  // Any of the files asks for TLS: nobody means to send with a certificate in the clear.
  if (tls || !tls_files.ca_file.empty() || !tls_files.cert_file.empty() ||
      !tls_files.key_file.empty() || !tls_files.server_name.empty()) {
    options.tls = tls_files;
  }
  return options;
}

std::unique_ptr<Classifier> Connect(const ClassifierOptions& options) {
  absl::StatusOr<std::unique_ptr<Classifier>> classifier = Classifier::Create(options);
  if (!classifier.ok()) {
    PrintError(std::string(classifier.status().message()));
    return nullptr;
  }
  return *std::move(classifier);
}

void PrintError(const std::string& message) {
  std::fprintf(stderr, "avocet: %s\n", Printable(message).c_str());
}

std::string ExplainCallError(const absl::Status& status, const std::string& server) {
  if (status.code() == absl::StatusCode::kUnavailable) {
    return absl::StrCat("cannot reach ", server, ": ", status.message(),
                        "; is avocet-server running?");
  }
  return absl::StrCat(server, ": ", absl::StatusCodeToString(status.code()), ": ",
                      status.message());
}

}  // namespace avocet
