#include "engine/kernels/activation.h"

#include <cstddef>

#include "engine/onednn/team.h"
#include "engine/onednn/training/lower_training.h"
#include "engine/onednn/training/numbers.h"

namespace avocet {

TensorRef LowerTraining(const Activation& activation, NodeId id, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const Node& node = tape.graph().node(id);
  const TensorRef src = tape.Input(id);
  const TensorRef dst = emitter.NewTensor(src.desc);
  const ActivationKind kind = activation.kind;
  const int channels = node.shape.c;
  const int pixels = static_cast<int>(node.shape.size() / channels);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(node.name, "own:highway", {src, dst}, [=](std::span<void* const> addresses) {
      ParallelFor(pixels, [&](int begin, int end) {
        const std::ptrdiff_t offset = std::ptrdiff_t{begin} * channels;
        ActivationForward(kind, static_cast<const T*>(addresses[0]) + offset,
                          std::ptrdiff_t{end - begin} * channels,
                          static_cast<T*>(addresses[1]) + offset);
      });
    });
  });
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    Emitter& emit = tape.emitter();
    const TensorRef diff_src = emit.NewTensor(src.desc);
    WithType(emit.type(), [&]<typename T>(T*) {
      emit.KernelStep(tape.graph().node(id).name + ".diff_src", "own:highway",
                      {src, diff_dst, diff_src}, [=](std::span<void* const> addresses) {
                        ParallelFor(pixels, [&](int begin, int end) {
                          const std::ptrdiff_t offset = std::ptrdiff_t{begin} * channels;
                          ActivationBackward(kind, static_cast<const T*>(addresses[0]) + offset,
                                             static_cast<const T*>(addresses[1]) + offset,
                                             std::ptrdiff_t{end - begin} * channels,
                                             static_cast<T*>(addresses[2]) + offset);
                        });
                      });
    });
    tape.AddGradient(id, 0, diff_src);
  });
  return dst;
}

}  // namespace avocet
