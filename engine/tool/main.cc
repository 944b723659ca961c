// The command `avocet-model`: looks at networks and prepares model folders.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "engine/tool/describe_command.h"
#include "engine/tool/evaluate_command.h"
#include "engine/tool/exit_status.h"
#include "engine/tool/import_command.h"
#include "engine/tool/list_command.h"
#include "engine/tool/quantize_command.h"

int main(int argc, char** argv) {
  // A reader that has seen enough (| head) ends this process quietly, also when the parent ignored
  // the signal.
  std::signal(SIGPIPE, SIG_DFL);

  CLI::App app("Looks at networks and prepares model folders for the Avocet server.",
               "avocet-model");
  app.footer("Each command has its own --help. Exit status: 0 done, 1 failed, 2 wrong usage.");
  app.set_version_flag("--version", "avocet-model " AVOCET_VERSION);
  app.require_subcommand(1);
  std::function<absl::Status()> run;
  avocet::AddDescribeCommand(app, run);
  avocet::AddEvaluateCommand(app, run);
  avocet::AddImportCommand(app, run);
  avocet::AddListCommand(app, run);
  avocet::AddQuantizeCommand(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "avocet-model: %s\nSee avocet-model --help.\n", error.what());
    return avocet::kExitUsage;
  }
  const absl::Status status = run();
  if (status.ok()) return avocet::kExitOk;
  std::fprintf(stderr, "avocet-model: %s\n", std::string(status.message()).c_str());
  return avocet::kExitFailed;
}
