#include "engine/onednn/int8_tensor.h"

#include <array>
#include <utility>

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;

void Reorder(const std::string& name, const TensorRef& src, const TensorRef& dst,
             Emitter& emitter) {
  dnnl::primitive_attr attributes = Emitter::Attributes();
  Emitter::Arguments arguments = {{DNNL_ARG_FROM, src}, {DNNL_ARG_TO, dst}};
  SetScale(DNNL_ARG_FROM, src.scale, attributes, arguments, emitter);
  SetScale(DNNL_ARG_TO, dst.scale, attributes, arguments, emitter);
  const dnnl::reorder::primitive_desc descriptor(emitter.engine(), src.desc, emitter.engine(),
                                                 dst.desc, attributes);
  emitter.Step<dnnl::reorder>(name, descriptor, std::move(arguments));
}

}  // namespace

bool IsInt8(const TensorRef& tensor) {
  const DataType type = tensor.desc.get_data_type();
  return type == DataType::s8 || type == DataType::u8;
}

bool IsSigned(const TensorRef& tensor) { return tensor.desc.get_data_type() == DataType::s8; }

dnnl::memory::desc ResultDesc(const Shape& shape, const QuantizedActivation* activation) {
  if (activation == nullptr) return ChannelsLast(shape, DataType::f32);
  return ChannelsLast(shape, activation->is_signed ? DataType::s8 : DataType::u8);
}

TensorRef NewResult(const Shape& shape, const QuantizedActivation* activation, Emitter& emitter) {
  TensorRef result = emitter.NewTensor(ResultDesc(shape, activation));
  if (activation != nullptr) result.scale = activation->scale;
  return result;
}

TensorRef Quantize(const std::string& name, const TensorRef& tensor,
                   const QuantizedActivation& activation, Emitter& emitter) {
  const dnnl::memory::desc desc(tensor.desc.get_dims(),
                                activation.is_signed ? DataType::s8 : DataType::u8,
                                tensor.desc.get_strides());
  TensorRef result = emitter.NewTensor(desc);
  result.scale = activation.scale;
  Reorder(name, tensor, result, emitter);
  return result;
}

TensorRef Dequantize(const std::string& name, const TensorRef& tensor, Emitter& emitter) {
  const TensorRef result =
      emitter.NewTensor({tensor.desc.get_dims(), DataType::f32, tensor.desc.get_strides()});
  Reorder(name, tensor, result, emitter);
  return result;
}

void SetScale(int index, float scale, dnnl::primitive_attr& attributes,
              Emitter::Arguments& arguments, Emitter& emitter) {
  if (scale == 1.0f) return;
  attributes.set_scales_mask(index, 0);
  arguments.emplace_back(DNNL_ARG_ATTR_SCALES | index, emitter.Constant(std::array{scale}));
}

}  // namespace avocet
