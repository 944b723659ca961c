// The command `avocet`: subcommands for people, scripts and probes, all through the client library.
#include <stdlib.h>

#include <csignal>
#include <cstdio>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "client/command/classify_command.h"
#include "client/command/exit_status.h"
#include "client/command/health_command.h"
#include "client/command/load_command.h"
#include "client/command/models_command.h"
#include "client/command/usage_error.h"

namespace {

constexpr char kFooter[] = R"(Examples:
  avocet classify coffee.jpg                        what is on it, as a bar chart
  avocet classify --json photos/ > results.jsonl    a directory, for a program
  avocet models --server images.example.org:50051   what a server has loaded
  avocet health                                     for probes: exit status 0 when serving
  avocet load photos/*.jpg --concurrency 8          images a second and latencies

Environment: AVOCET_SERVER is the default of --server; NO_COLOR switches colours off.
Each command has its own --help.)";

}  // namespace

int main(int argc, char** argv) {
  // A reader that has seen enough (| head) ends this process quietly, also when the parent ignored
  // the signal.
  std::signal(SIGPIPE, SIG_DFL);
  // gRPC's own log would repeat on stderr, less readably, what the command reports.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);

  CLI::App app("Classifies images with an Avocet server.", "avocet");
  app.footer(kFooter);
  app.set_version_flag("--version", "avocet " AVOCET_VERSION);
  app.require_subcommand(1);
  std::function<int()> run;
  avocet::AddClassifyCommand(app, run);
  avocet::AddHealthCommand(app, run);
  avocet::AddModelsCommand(app, run);
  avocet::AddLoadCommand(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "avocet: %s\n", avocet::ExplainUsageError(app, error).c_str());
    return avocet::kExitUsage;
  }
  return run();
}
