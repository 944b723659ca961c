#include "engine/onednn/emitter.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "engine/base/check.h"

namespace avocet {

Emitter::Emitter(dnnl::engine engine, WeightStore* weights, dnnl::memory::data_type type)
    : engine_(std::move(engine)), weights_(weights), type_(type) {}

dnnl::memory::desc Emitter::Activation(const Shape& shape) const {
  return ChannelsLast(shape, type_);
}

dnnl::primitive_attr Emitter::Attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

TensorRef Emitter::NewTensor(const dnnl::memory::desc& desc) {
  const int id = static_cast<int>(tensors_.size());
  tensors_.push_back({id, {desc.get_size(), std::numeric_limits<int>::max(), -1}});
  return {id, desc};
}

TensorRef Emitter::Alias(const TensorRef& tensor, const dnnl::memory::desc& desc) {
  const int root = tensors_[static_cast<std::size_t>(tensor.id)].root;
  Lifetime& lifetime = tensors_[static_cast<std::size_t>(root)].lifetime;
  lifetime.size = std::max(lifetime.size, desc.get_size());
  const int id = static_cast<int>(tensors_.size());
  tensors_.push_back({root, {}});
  return {id, desc};
}

TensorRef Emitter::Convert(const std::string& name, const TensorRef& tensor,
                           dnnl::memory::data_type type) {
  if (tensor.desc.get_data_type() == type) return tensor;
  const dnnl::memory::desc desc(tensor.desc.get_dims(), type, tensor.desc.get_strides());
  const TensorRef dst = NewTensor(desc);
  const dnnl::reorder::primitive_desc descriptor(engine_, tensor.desc, engine_, desc, Attributes());
  Step<dnnl::reorder>(name, descriptor, {{DNNL_ARG_FROM, tensor}, {DNNL_ARG_TO, dst}});
  return dst;
}

TensorRef Emitter::Gated(const std::string& name, const TensorRef& tensor) {
  if (tensor.gate == nullptr) return tensor;
  const dnnl::binary::primitive_desc descriptor(engine_, dnnl::algorithm::binary_mul, tensor.desc,
                                                tensor.gate->desc, tensor.desc, Attributes());
  const TensorRef dst = NewTensor(tensor.desc);
  Step<dnnl::binary>(
      name, descriptor,
      {{DNNL_ARG_SRC_0, tensor}, {DNNL_ARG_SRC_1, *tensor.gate}, {DNNL_ARG_DST, dst}});
  return dst;
}

dnnl::memory Emitter::Weights(const std::string& name, const dnnl::memory::desc& plain,
                              const dnnl::memory::desc& wanted) {
  return weights_->Get(name, plain, wanted);
}

Int8Weights Emitter::QuantizedWeights(const std::string& name, const dnnl::memory::desc& plain,
                                      const dnnl::memory::desc& wanted, bool is_guarded) {
  return weights_->GetInt8(name, plain, wanted, is_guarded);
}

dnnl::memory Emitter::Constant(std::span<const float> values) const {
  const auto size = static_cast<dnnl::memory::dim>(values.size());
  dnnl::memory memory({{size}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::x}, engine_);
  std::copy(values.begin(), values.end(), static_cast<float*>(memory.get_data_handle()));
  return memory;
}

int Emitter::Root(const TensorRef& tensor) const {
  return tensors_[static_cast<std::size_t>(tensor.id)].root;
}

void Emitter::Extend(const TensorRef& tensor, int step) {
  Lifetime& lifetime = tensors_[static_cast<std::size_t>(Root(tensor))].lifetime;
  lifetime.first = std::min(lifetime.first, step);
  lifetime.last = std::max(lifetime.last, step);
}

void Emitter::KernelStep(const std::string& name, const std::string& implementation,
                         std::vector<TensorRef> tensors, Kernel kernel) {
  Arguments arguments;
  for (TensorRef& tensor : tensors) arguments.emplace_back(0, std::move(tensor));
  Append({name, implementation, dnnl::primitive(), std::move(arguments), std::move(kernel)});
}

void Emitter::Observe(const std::string& name, const TensorRef& tensor) {
  observations_.push_back({name, steps_.size(), tensor});
}

void Emitter::Append(PendingStep step) {
  const int position = static_cast<int>(steps_.size());
  for (const auto& [index, argument] : step.arguments) {
    if (const auto* tensor = std::get_if<TensorRef>(&argument)) Extend(*tensor, position);
  }
  steps_.push_back(std::move(step));
}

std::pair<Program, std::vector<dnnl::memory>> Emitter::Finish(
    std::span<const TensorRef> inputs, std::span<const TensorRef> outputs) && {
  for (const TensorRef& input : inputs) Extend(input, -1);
  for (const TensorRef& output : outputs) Extend(output, static_cast<int>(steps_.size()));
  const int count = static_cast<int>(steps_.size());
  for (int position = 0; position < count; ++position) {
    if (!steps_[static_cast<std::size_t>(position)].rows.empty()) ShrinkToTurns(position);
  }

  std::vector<Lifetime> lifetimes;
  for (const Tensor& tensor : tensors_) lifetimes.push_back(tensor.lifetime);
  const ArenaLayout layout = PlanArena(lifetimes);

  Program program;
  program.stream = dnnl::stream(engine_);
  program.arena = std::make_unique<Arena>(layout.size);
  const AddressOf address = [&](const TensorRef& tensor) {
    return program.arena->data() + layout.offsets[static_cast<std::size_t>(Root(tensor))];
  };
  const auto bind = [&](const TensorRef& tensor) {
    return dnnl::memory(tensor.desc, engine_, address(tensor));
  };
  for (int position = 0; position < count; ++position) {
    PendingStep& pending = steps_[static_cast<std::size_t>(position)];
    if (!pending.rows.empty()) {
      program.steps.push_back(BindRows(position, address));
      continue;
    }
    std::vector<dnnl_exec_arg_t> arguments;
    std::vector<void*> addresses;
    for (const auto& [index, argument] : pending.arguments) {
      const auto* tensor = std::get_if<TensorRef>(&argument);
      program.memories.push_back(tensor != nullptr ? bind(*tensor)
                                                   : std::get<dnnl::memory>(argument));
      arguments.push_back({index, program.memories.back().get()});
      addresses.push_back(program.memories.back().get_data_handle());
    }
    std::function<void()> kernel;
    if (pending.kernel) {
      kernel = [run = std::move(pending.kernel), addresses] { run(addresses); };
    }
    program.steps.push_back({std::move(pending.name), std::move(pending.implementation),
                             std::move(pending.primitive), std::move(arguments),
                             std::move(kernel)});
  }
  for (const PendingObservation& pending : observations_) {
    const Tensor& tensor = tensors_[static_cast<std::size_t>(Root(pending.tensor))];
    AVOCET_CHECK(tensor.part_bytes == 0 || tensor.window);
    program.observations.push_back({pending.name, pending.steps, bind(pending.tensor)});
  }
  std::vector<dnnl::memory> ends;
  for (const TensorRef& input : inputs) ends.push_back(bind(input));
  for (const TensorRef& output : outputs) ends.push_back(bind(output));
  return {std::move(program), std::move(ends)};
}

dnnl::memory::desc ChannelsLast(const Shape& shape, dnnl::memory::data_type type) {
  return {{shape.n, shape.c, shape.h, shape.w}, type, dnnl::memory::format_tag::nhwc};
}

}  // namespace avocet
