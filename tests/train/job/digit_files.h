// A small set of pictures that a network can learn in seconds.
#ifndef AVOCET_TESTS_TRAIN_JOB_DIGIT_FILES_H_
#define AVOCET_TESTS_TRAIN_JOB_DIGIT_FILES_H_

#include <string>

#include "engine/image/image.h"

namespace avocet {

// Writes MNIST's four files into `folder`: `train` and `test` grey pictures of 28 x 28 pixels with
// a bright bar whose place tells the class, one of `classes`, and some noise.
void WriteDigitFiles(const std::string& folder, int classes, int train, int test);

// Such a picture, which is in none of the files.
Image DigitPicture(int label, int classes);

}  // namespace avocet

#endif  // AVOCET_TESTS_TRAIN_JOB_DIGIT_FILES_H_
