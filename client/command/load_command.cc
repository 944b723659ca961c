#include "client/command/load_command.h"

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/command/connection.h"
#include "client/command/exit_status.h"
#include "client/command/image_paths.h"
#include "client/command/load_generator.h"
#include "client/command/load_report.h"
#include "client/read_file.h"

namespace avocet {
namespace {

constexpr char kFooter[] =
    R"(Closed loop: each caller sends its next request when it has the answer to its last. Images
are read once, before the clock starts, and sent in turn. Failed calls are not retried; a
server that goes away ends the run.

Examples:
  avocet load photos/*.jpg --concurrency 8 --duration 20 --warmup 2
  avocet load photos/ --requests 10000 --concurrency 32 --json

Exit status: 0 all classified, 1 some failed, 2 usage, 3 the server cannot be reached or
nothing succeeded.)";

struct LoadFlags {
  std::vector<std::string> paths;
  LoadOptions load;
  double duration_seconds = 10;
  double warmup_seconds = 0;
  bool json = false;
  ConnectionFlags connection;
};

int RunLoadCommand(const LoadFlags& flags) {
  ClassifierOptions options = flags.connection.ToOptions();
  options.retry.max_attempts = 1;
  std::vector<std::string> images;
  for (const ImagePath& image : FindImages(flags.paths)) {
    absl::StatusOr<std::string> bytes = image.status.ok()
                                            ? ReadFile(image.path, options.max_message_bytes)
                                            : absl::StatusOr<std::string>(image.status);
    if (!bytes.ok()) {
      PrintError(absl::StrCat(image.path, ": ", std::string(bytes.status().message())));
      return kExitSomeFailed;
    }
    images.push_back(*std::move(bytes));
  }
  const std::unique_ptr<Classifier> classifier = Connect(options);
  if (classifier == nullptr) return kExitUsage;

  LoadOptions load = flags.load;
  load.duration = std::chrono::duration<double>(flags.duration_seconds);
  load.warmup = std::chrono::duration<double>(flags.warmup_seconds);
  const LoadReport report = RunLoad(*classifier, images, load);
  if (flags.json) {
    std::fputs(LoadReportJson(report, load).c_str(), stdout);
  } else if (report.requests > 1 || !report.unreachable) {
    std::fputs(LoadReportText(report, load).c_str(), stdout);
  }
  if (!report.first_error.ok()) {
    PrintError(ExplainCallError(report.first_error, flags.connection.server));
  }
  if (report.unreachable || report.images == 0) return kExitCallFailed;
  return report.errors.empty() ? kExitOk : kExitSomeFailed;
}

}  // namespace

void AddLoadCommand(CLI::App& app, std::function<int()>& run) {
  constexpr double kDay = 86400;
  auto flags = std::make_shared<LoadFlags>();
  CLI::App* command = app.add_subcommand("load", "Measure the server: images a second, latencies");
  command->footer(kFooter);
  command->add_option("paths", flags->paths, "Image files, or directories of them")
      ->type_name("FILE|DIR")
      ->required();
  command->add_option("--concurrency", flags->load.concurrency, "Callers")
      ->check(CLI::Range(1, 4096))
      ->type_name("N")
      ->capture_default_str();
  CLI::Option* duration =
      command->add_option("--duration", flags->duration_seconds, "Seconds to send for")
          ->check(CLI::Range(0.01, kDay))
          ->type_name("S")
          ->capture_default_str();
  command->add_option("--requests", flags->load.requests, "Requests to send, instead of a duration")
      ->check(CLI::PositiveNumber)
      ->type_name("N")
      ->excludes(duration);
  command->add_option("--warmup", flags->warmup_seconds, "Seconds to send before counting")
      ->check(CLI::Range(0.0, kDay))
      ->type_name("S")
      ->capture_default_str();
  command->add_option("--per-request", flags->load.images_per_request, "Images in each request")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--model", flags->load.classify.model, "Model to ask (default: the server's)")
      ->type_name("NAME");
  command
      ->add_option("--model-version", flags->load.classify.version,
                   "Version of the model (default: the newest)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  command->add_flag("--json", flags->json, "The report as one JSON object");
  flags->connection.AddTo(*command);
  command->callback([flags, &run] { run = [flags] { return RunLoadCommand(*flags); }; });
}

}  // namespace avocet
