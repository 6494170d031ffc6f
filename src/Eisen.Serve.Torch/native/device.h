// What a call does on a GPU beyond running the module: a stream of its thread's own, and copies through pinned memory.
// Against a libtorch without CUDA nothing of it is compiled.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#ifdef EISEN_CUDA
#include <c10/core/StreamGuard.h>

#include <optional>
#endif

namespace eisen {

#ifdef EISEN_CUDA

// While it lives, what the thread runs on the device goes to a stream that is this thread's: lanes on one device do not
// wait for each other.
class DeviceCall {
public:
    explicit DeviceCall(c10::Device device);

private:
    std::optional<c10::StreamGuard> stream_;
};

// A copy on the device, ordered on the current stream; the caller's memory is free when this returns.
at::Tensor to_device(const at::Tensor& host, c10::Device device);

// A copy in the machine's memory, complete when this returns.
at::Tensor to_host(const at::Tensor& tensor);

// Waits for what was begun outside of a call, such as laying out weights: the lanes' streams do not.
void settle(c10::Device device);

#else

class DeviceCall {
public:
    explicit DeviceCall(c10::Device) {}
};

inline at::Tensor to_device(const at::Tensor& host, c10::Device device) { return host.to(device); }
inline at::Tensor to_host(const at::Tensor& tensor) { return tensor.to(at::kCPU); }
inline void settle(c10::Device) {}

#endif

}  // namespace eisen
