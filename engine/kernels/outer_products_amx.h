// Sums of outer products on CPUs with AMX.
#ifndef AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_AMX_H_
#define AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_AMX_H_

#include "engine/kernels/outer_products.h"

namespace avocet {

// As AddOuterProducts; float32 by digits of eight bits (digits.h). Needs HasAmxKernels. Leaves the
// thread's tile registers released.
void AddOuterProductsAmx(const OuterProducts<float>& products);
void AddOuterProductsAmx(const OuterProducts<BFloat16>& products);

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_AMX_H_
