// One training step, from images in NCHW order and labels that are functions of names, and what
// tests take of its gradients.
#ifndef AVOCET_TESTS_ONEDNN_TRAINING_TRAIN_STEP_H_
#define AVOCET_TESTS_ONEDNN_TRAINING_TRAIN_STEP_H_

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/onednn/training/training_plan.h"

namespace avocet {

// Writes `images` [N, C, H, W] into the plan's input, which is of `shape`.
void FillImages(TrainingPlan& plan, const Shape& shape, std::span<const float> images);

// Soft targets [N, classes] whose rows sum to 1.
std::vector<float> SoftTargets(int images, int classes);

// The Euclidean length.
double Norm(std::span<const float> values);

// Largest difference of two gradients, relative to the largest number of `expected`.
double Difference(std::span<const float> found, std::span<const float> expected);

// How far the loss is from rising along `gradient`, that of the parameter `name` where all are
// NamedParameters, by its length: relative to that length.
double SlopeError(const Graph& graph, TrainingPlan& plan, const std::string& name,
                  std::span<const float> gradient);

// The plan of `graph` as it is shaped, with images and soft targets in place. Fails the program for
// a graph that cannot be compiled.
std::unique_ptr<TrainingPlan> CompileForTraining(const Graph& graph, TrainingPlanOptions options);

}  // namespace avocet

#endif  // AVOCET_TESTS_ONEDNN_TRAINING_TRAIN_STEP_H_
