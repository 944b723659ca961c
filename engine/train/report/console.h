// A run as people watch it: a bar that moves on a terminal, lines elsewhere.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_CONSOLE_H_
#define AVOCET_ENGINE_TRAIN_REPORT_CONSOLE_H_

#include <functional>
#include <ostream>
#include <string>

#include "engine/train/report/run_observer.h"
#include "engine/train/report/training_progress.h"

namespace avocet {

// The width in characters of the terminal that `descriptor` is; 0 when it is none.
int TerminalColumns(int descriptor);

// One line that is drawn again and again, ten times a second at most; epochs leave lines behind.
class ProgressBar final : public RunObserver {
 public:
  // `columns`: asked before each drawing, since windows change; `out` outlives this object.
  ProgressBar(std::ostream& out, std::function<int()> columns)
      : out_(out), columns_(std::move(columns)) {}

  void OnStart(const RunFacts& facts) override;
  void OnStep(const StepFacts& step) override;
  void OnEpoch(const EpochFacts& epoch) override;
  void OnEnd(const RunResult& result) override;

 private:
  void Draw(int epoch);

  std::ostream& out_;
  std::function<int()> columns_;
  TrainingProgress progress_;
  double seconds_since_draw_ = 0;
};

// A line every `interval` seconds of training, one an epoch and one at the end.
class ProgressLines final : public RunObserver {
 public:
  // `out` outlives this object.
  ProgressLines(std::ostream& out, double interval) : out_(out), interval_(interval) {}

  void OnStart(const RunFacts& facts) override { progress_.Start(facts); }
  void OnStep(const StepFacts& step) override;
  void OnEpoch(const EpochFacts& epoch) override;
  void OnEnd(const RunResult& result) override;

 private:
  std::ostream& out_;
  double interval_;
  TrainingProgress progress_;
  double seconds_since_line_ = 0;
};

// The lines that both write, without line ends.
std::string EpochLine(const EpochFacts& epoch, int epochs);
std::string EndLine(const RunResult& result);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_CONSOLE_H_
