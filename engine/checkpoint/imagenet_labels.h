// The names of ImageNet-1k's classes.
#ifndef AVOCET_ENGINE_CHECKPOINT_IMAGENET_LABELS_H_
#define AVOCET_ENGINE_CHECKPOINT_IMAGENET_LABELS_H_

#include <string>
#include <vector>

namespace avocet {

// 1000 names in the order of the classes' indices, from imagenet_labels.txt.
std::vector<std::string> ImageNetLabels();

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_IMAGENET_LABELS_H_
