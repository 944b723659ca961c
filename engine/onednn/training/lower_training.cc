#include "engine/onednn/training/lower_training.h"

namespace avocet {

void LowerTraining(NodeId id, Tape& tape) {
  if (tape.Lowering(id)) return tape.Lowering(id)();
  std::visit(Overloaded{
                 [&](const Input&) {
                   Emitter& emitter = tape.emitter();
                   tape.SetResult(id,
                                  emitter.NewTensor(ChannelsLast(tape.graph().node(id).shape,
                                                                 dnnl::memory::data_type::f32)));
                 },
                 [&](const BatchNorm& norm) { LowerTraining(norm, id, tape); },
                 [&](const auto& op) { tape.SetResult(id, LowerTraining(op, id, tape)); },
             },
             tape.graph().node(id).op);
}

}  // namespace avocet
