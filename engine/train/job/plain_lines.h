// A run as lines of text.
#ifndef AVOCET_ENGINE_TRAIN_JOB_PLAIN_LINES_H_
#define AVOCET_ENGINE_TRAIN_JOB_PLAIN_LINES_H_

#include <cstdio>

#include "engine/train/report/run_observer.h"

namespace avocet {

// A line an epoch, to standard output.
class PlainLines final : public RunObserver {
 public:
  void OnEpoch(const EpochFacts& epoch) override {
    const double trained =
        epoch.seconds > 0 ? static_cast<double>(epoch.images) / epoch.seconds : 0;
    std::printf("epoch %d: loss %.4f, top-1 %.2f %%", epoch.epoch, epoch.loss, 100 * epoch.top1);
    if (epoch.validation) {
      std::printf("; validation: loss %.4f, top-1 %.2f %%%s", epoch.validation->loss,
                  100 * epoch.validation->top1, epoch.best ? " (best)" : "");
    }
    std::printf("; %.1f s, %.0f img/s, %.0f %% waiting for data\n", epoch.seconds, trained,
                epoch.seconds > 0 ? 100 * epoch.wait_seconds / epoch.seconds : 0.0);
    std::fflush(stdout);
  }
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_PLAIN_LINES_H_
