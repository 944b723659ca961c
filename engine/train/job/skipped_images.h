// Files that a run left out: in every process, from the first look to the last epoch.
#ifndef AVOCET_ENGINE_TRAIN_JOB_SKIPPED_IMAGES_H_
#define AVOCET_ENGINE_TRAIN_JOB_SKIPPED_IMAGES_H_

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/collective.h"
#include "engine/train/report/run_observer.h"

namespace avocet {

// By name, since one file is met again and again; why.
using SkippedByName = std::map<std::string, std::string>;

// Those of all processes, by name; each of them makes the same call. Null: this one is alone.
std::vector<SkippedImage> GatherSkipped(Collective* group, const SkippedByName& own);

// For the end of a run: the first of them, a line each, and how many they are, which the file
// `list` has all. Empty for none.
std::string SkippedText(std::span<const SkippedImage> images, const std::string& list);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_SKIPPED_IMAGES_H_
