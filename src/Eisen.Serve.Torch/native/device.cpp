#include "device.h"

#ifdef EISEN_CUDA

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstring>
#include <map>

// Through c10's interface for any device, which needs none of the CUDA toolkit's headers.
namespace eisen {
namespace {

c10::Stream stream_of_thread(c10::Device device) {
    thread_local std::map<c10::DeviceIndex, c10::Stream> streams;
    const auto known = streams.find(device.index());
    if (known != streams.end()) return known->second;
    const c10::Stream stream = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
    streams.emplace(device.index(), stream);
    return stream;
}

}  // namespace

DeviceCall::DeviceCall(c10::Device device) {
    if (!device.is_cpu()) stream_.emplace(stream_of_thread(device));
}

at::Tensor to_device(const at::Tensor& host, c10::Device device) {
    // From pinned memory the copy runs beside the thread. The allocator does not give the memory to another before it has
    // been read.
    at::Tensor pinned = at::empty(host.sizes(), host.options().pinned_memory(true));
    std::memcpy(pinned.data_ptr(), host.data_ptr(), host.nbytes());
    return pinned.to(device, /*non_blocking=*/true);
}

at::Tensor to_host(const at::Tensor& tensor) {
    at::Tensor host = at::empty(tensor.sizes(), tensor.options().device(at::kCPU).pinned_memory(true));
    host.copy_(tensor, /*non_blocking=*/true);
    const c10::impl::VirtualGuardImpl device(tensor.device().type());
    device.synchronizeStream(device.getStream(tensor.device()));
    return host;
}

void settle(c10::Device device) {
    if (device.is_cpu()) return;
    const c10::impl::VirtualGuardImpl guard(device.type());
    guard.synchronizeStream(guard.getStream(device));
}

}  // namespace eisen

#endif
