#include "client/command/health_command.h"

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/command/connection.h"
#include "client/command/exit_status.h"

namespace avocet {
namespace {

struct HealthFlags {
  std::string service;
  ConnectionFlags connection;
};

const char* Name(Health health) {
  switch (health) {
    case Health::kServing:
      return "SERVING";
    case Health::kNotServing:
      return "NOT_SERVING";
    case Health::kUnknown:
      break;
  }
  return "UNKNOWN";
}

int RunHealth(const HealthFlags& flags) {
  const std::unique_ptr<Classifier> classifier = Connect(flags.connection.ToOptions());
  if (classifier == nullptr) return kExitUsage;
  const absl::StatusOr<Health> health = classifier->CheckHealth(flags.service);
  if (!health.ok()) {
    PrintError(health.status().code() == absl::StatusCode::kNotFound
                   ? absl::StrCat(flags.connection.server, ": no service \"", flags.service, "\"")
                   : ExplainCallError(health.status(), flags.connection.server));
    return kExitSomeFailed;
  }
  std::printf("%s\n", Name(*health));
  return *health == Health::kServing ? kExitOk : kExitSomeFailed;
}

}  // namespace

void AddHealthCommand(CLI::App& app, std::function<int()>& run) {
  auto flags = std::make_shared<HealthFlags>();
  // Shorter than the 5 to 30 s that orchestrators leave a probe.
  flags->connection.deadline_seconds = 2;
  CLI::App* command = app.add_subcommand("health", "Ask whether the server is serving");
  command->footer(
      "Exit status: 0 serving, 1 not serving or not reached, 2 usage.\n\n"
      "Example, as a container's health check:\n"
      "  avocet health --server localhost:50051");
  command->add_option("--service", flags->service, "Service or model (default: the whole server)")
      ->type_name("NAME");
  flags->connection.AddTo(*command);
  command->callback([flags, &run] { run = [flags] { return RunHealth(*flags); }; });
}

}  // namespace avocet
