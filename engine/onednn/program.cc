#include "engine/onednn/program.h"

#include "engine/base/check.h"

namespace avocet {

void Program::Run() const {
  for (std::size_t i = 0; i < steps.size(); ++i) RunStep(i);
}

void Program::RunStep(std::size_t index) const {
  const Step& step = steps[index];
  if (step.kernel) {
    step.kernel();
    return;
  }
  // The C call takes the arguments as they are; the C++ one would copy them from a map each time.
  const dnnl_status_t status =
      dnnl_primitive_execute(step.primitive.get(), stream.get(),
                             static_cast<int>(step.arguments.size()), step.arguments.data());
  AVOCET_CHECK(status == dnnl_success);
}

}  // namespace avocet
