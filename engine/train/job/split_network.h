// A network cut in front of its classifier.
#ifndef AVOCET_ENGINE_TRAIN_JOB_SPLIT_NETWORK_H_
#define AVOCET_ENGINE_TRAIN_JOB_SPLIT_NETWORK_H_

#include "absl/status/statusor.h"
#include "engine/graph/graph.h"

namespace avocet {

struct SplitNetwork {
  Graph backbone;  // from the images to the features, [N, F, 1, 1]
  Graph head;      // from the features on: dropout and the classifier, under their names
};

// UNIMPLEMENTED for a network that does not end with a Linear on features of one pixel.
absl::StatusOr<SplitNetwork> SplitAtClassifier(const Graph& graph);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_SPLIT_NETWORK_H_
