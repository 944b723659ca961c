// What tells the data of one run from other data.
#ifndef AVOCET_ENGINE_TRAIN_JOB_DATA_IDENTITY_H_
#define AVOCET_ENGINE_TRAIN_JOB_DATA_IDENTITY_H_

#include <string>

#include "engine/train/data/dataset.h"

namespace avocet {

// "96 images of 3 classes to train on and 30 to validate on".
std::string SizesOf(const TrainingData& data);

// The sizes with a digest of the names of classes and the names and labels of images, in their
// order: the order of an epoch is one of positions. Pictures are not looked at.
std::string IdentityOf(const TrainingData& data);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_DATA_IDENTITY_H_
