// The flags that say which server to talk to and how, shared by all subcommands.
#ifndef AVOCET_CLIENT_COMMAND_CONNECTION_H_
#define AVOCET_CLIENT_COMMAND_CONNECTION_H_

#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "absl/status/status.h"
#include "client/classifier.h"

namespace avocet {

// Values of --server, --deadline and --tls*.
struct ConnectionFlags {
  std::string server = "localhost:50051";
  double deadline_seconds = 10;
  bool tls = false;
  TlsOptions tls_files;

  // Adds the flags to `command`; they write into this object, which must outlive the parsing.
  void AddTo(CLI::App& command);

  ClassifierOptions ToOptions() const;
};

// Creates the client or says on stderr why not.
std::unique_ptr<Classifier> Connect(const ClassifierOptions& options);

// "avocet: MESSAGE" on stderr, on one line.
void PrintError(const std::string& message);

// What to tell a person of a call that failed: for a server that is down, its address and what to
// do.
std::string ExplainCallError(const absl::Status& status, const std::string& server);

}  // namespace avocet

#endif  // AVOCET_CLIENT_COMMAND_CONNECTION_H_
