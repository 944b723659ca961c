// What an operator decides about the plans of all models.
#ifndef AVOCET_SERVER_PLAN_POLICY_H_
#define AVOCET_SERVER_PLAN_POLICY_H_

#include <vector>

namespace avocet {

// Whether an image that has the machine to itself runs on all cores.
enum class LoneImage { kMeasured, kWide, kSingle };

struct PlanPolicy {
  int max_batch_size = 8;
  std::vector<int> batch_sizes = {};  // pinned, besides 1; empty: by measurement
  LoneImage lone_image = LoneImage::kMeasured;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_PLAN_POLICY_H_
