#include <cstdint>

#include "engine/onednn/team.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"
#include "engine/onednn/training/random_mask.h"

namespace avocet {
namespace {

// dst = src times 0 or 1 / (1 - rate), drawn for each number. Only small tensors are dropped out:
// features before a classifier.
TensorRef EmitDrop(const std::string& name, std::int64_t size, const TensorRef& src,
                   const RandomMask& mask, StepState* state, Emitter& emitter) {
  const TensorRef dst = emitter.NewTensor(src.desc);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(name, "own:plain", {src, dst}, [=](std::span<void* const> addresses) {
      const auto* from = static_cast<const T*>(addresses[0]);
      auto* to = static_cast<T*>(addresses[1]);
      ParallelFor(static_cast<int>(size), [&](int begin, int end) {
        for (int i = begin; i < end; ++i) {
          const float factor = mask.Factor(state->seed, static_cast<std::uint64_t>(i));
          SetNumber(ToFloat(from[i]) * factor, to + i);
        }
      });
    });
  });
  return dst;
}

}  // namespace

TensorRef LowerTraining(const Dropout& dropout, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const std::int64_t size = node.shape.size();
  const RandomMask mask(static_cast<std::uint64_t>(id), dropout.rate);
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    tape.AddGradient(id, 0,
                     EmitDrop(tape.graph().node(id).name + ".diff_src", size, diff_dst, mask,
                              tape.state(), tape.emitter()));
  });
  return EmitDrop(node.name, size, tape.Input(id), mask, tape.state(), tape.emitter());
}

}  // namespace avocet
