// Copies to memory that is not read again soon.
#ifndef AVOCET_ENGINE_KERNELS_STREAM_COPY_H_
#define AVOCET_ENGINE_KERNELS_STREAM_COPY_H_

#include <cstddef>

namespace avocet {

// dst = src, past the caches: the lines of dst are not read first, and push nothing out. Both are
// multiples of 64 bytes, as is `bytes`. What another thread reads of dst needs a barrier after
// FinishStreams on this one. Any CPU.
void StreamCopy(const void* src, std::size_t bytes, void* dst);

// Waits until what this thread has copied is in memory.
void FinishStreams();

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_STREAM_COPY_H_
