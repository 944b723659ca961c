// Runs of the program avocet-train on a small data set.
#ifndef AVOCET_TESTS_TRAIN_JOB_TRAIN_COMMAND_FIXTURE_H_
#define AVOCET_TESTS_TRAIN_JOB_TRAIN_COMMAND_FIXTURE_H_

#include <gtest/gtest.h>
#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/graph/parameters.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {

std::string ReadFile(const std::string& path);

class TrainCommandTest : public ::testing::Test {
 protected:
  // data() are grey pictures of 3 classes, 96 to train on and 30 to validate on.
  TrainCommandTest();

  const std::string& data() const { return data_.path(); }
  std::string log() const { return runs_.path() + "/log"; }
  std::string RunDir(const std::string& name) const { return runs_.path() + "/" + name; }

  // Starts it; its output goes to log().
  pid_t Start(std::vector<std::string> arguments) const;
  // The exit status; 128 and the signal for one that was killed.
  static int Wait(pid_t child);
  int Run(const std::vector<std::string>& arguments) const { return Wait(Start(arguments)); }
  // The name of a run's last checkpoint; empty without one.
  std::string Last(const std::string& name) const;
  // Waits until a run has a checkpoint, another one than `after`, or has ended.
  void AwaitCheckpoint(pid_t child, const std::string& name, const std::string& after = "") const;
  // That a run that is killed `kills` times at moments that nobody chose, half of them behind a
  // checkpoint that it made itself, and resumed, is in the end the same run as one that is left
  // alone. `arguments` are those of a run in RunDir(name).
  void ExpectKilledIsTheSame(
      const std::function<std::vector<std::string>(const std::string& name)>& arguments, int kills);

  // That both ended with the same bytes, and learnt the same on the way.
  void ExpectSameRuns(const std::string& name, const std::string& other) const;

  // Of a run of lenet5 in RunDir(name), with `more` at the end, of whose flags those here with the
  // same names are left out.
  std::vector<std::string> Arguments(const std::string& name,
                                     const std::vector<std::string>& more = {}) const;
  std::string State(const std::string& name) const;
  // Of a model folder that holds `architecture` for pictures of 32 x 32 pixels.
  static Parameters Load(const std::string& folder, const std::string& architecture, int classes);

 private:
  TemporaryFolder data_;
  TemporaryFolder runs_;
};

}  // namespace avocet

#endif  // AVOCET_TESTS_TRAIN_JOB_TRAIN_COMMAND_FIXTURE_H_
