// write_sample_run FOLDER: the files of a run that was interrupted after 60 steps and resumed from
// its 50th, for tensorboard_test.py and for looking at report.html.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/train/report/html_report.h"
#include "engine/train/report/metrics_csv.h"
#include "engine/train/report/tensorboard.h"
#include "tests/train/report/sample_run.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: write_sample_run FOLDER\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  double now = 1.7e9;
  const auto wall_time = [&now] { return now += 0.25; };
  for (const auto& [first, last] : {std::pair(0, 60), std::pair(50, 100)}) {
    now += 10;
    avocet::RunObservers observers;
    observers.Add(std::make_unique<avocet::MetricsCsv>(folder));
    observers.Add(std::make_unique<avocet::TensorBoard>(folder + "/tensorboard", wall_time));
    observers.Add(std::make_unique<avocet::HtmlReport>(folder));
    avocet::PlayRun(observers, first, last);
  }
  return 0;
}
