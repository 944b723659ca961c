#include "client/command/classify_command.h"

#include <memory>
#include <string>
#include <vector>

#include "client/command/classify_run.h"

namespace avocet {
namespace {

constexpr char kFooter[] =
    R"(Output: a bar chart for one file on a terminal, a line a file for several; in a pipe
tab-separated lines: path, then label and percent of each class. Errors go to stderr.

Examples:
  avocet classify coffee.jpg
  avocet classify --top 3 --json photos/ | jq .
  curl -s https://example.org/cat.jpg | avocet classify -

Exit status: 0 all classified, 1 some images failed, 2 usage, 3 the server cannot be
reached or no call succeeded.)";

}  // namespace

void AddClassifyCommand(CLI::App& app, std::function<int()>& run) {
  auto flags = std::make_shared<ClassifyFlags>();
  CLI::App* command = app.add_subcommand("classify", "Say what is on images");
  command->footer(kFooter);
  command
      ->add_option("paths", flags->paths,
                   "Image files; directories, searched for images; - for standard input")
      ->type_name("FILE|DIR|-")
      ->required();
  command->add_option("--model", flags->request.model, "Model to ask (default: the server's)")
      ->type_name("NAME");
  command
      ->add_option("--model-version", flags->request.version,
                   "Version of the model (default: the newest)")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  command
      ->add_option("--size", flags->request.size,
                   "Pixels a side that images are brought to, if the server allows (default: the "
                   "model's own)")
      ->check(CLI::Range(1, 1 << 16))
      ->type_name("PIXELS");
  command
      ->add_option("--top", flags->top,
                   "Classes an image (default: 1 in lines, 5 in the chart and in JSON)")
      ->check(CLI::Range(1, 1000000))
      ->type_name("K");
  command
      ->add_option("--format", flags->format,
                   "auto (by where the output goes), chart, lines, tsv or json")
      ->check(CLI::IsMember({"auto", "chart", "lines", "tsv", "json"}))
      ->type_name("FORMAT")
      ->capture_default_str();
  command->add_flag_callback(
      "--json", [flags] { flags->format = "json"; },
      "Same as --format json: an object a file, one a line, failures included");
  command->add_option("--concurrency", flags->concurrency, "Images in flight at once")
      ->check(CLI::Range(1, 1024))
      ->type_name("N")
      ->capture_default_str();
  flags->connection.AddTo(*command);
  command->callback([flags, &run] { run = [flags] { return RunClassify(*flags); }; });
}

}  // namespace avocet
