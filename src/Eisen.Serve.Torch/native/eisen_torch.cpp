#include "eisen_torch.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/csrc/api/include/torch/cuda.h>
#include <torch/csrc/api/include/torch/version.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>

#include "describe.h"
#include "device.h"
#include "optimize.h"
#include "values.h"

struct eisen_module {
    eisen_module(torch::jit::Module given, c10::Device on, bool is_optimized)
        : module(std::move(given)), forward(module.get_method("forward")), device(on), optimized(is_optimized) {}

    torch::jit::Module module;
    torch::jit::Method forward;  // looking it up by name would show in the time of a small model
    c10::Device device;
    bool optimized;
};

struct eisen_result {
    // The value goes first: what it shares with the caller's memory is then not taken for something the module kept.
    eisen::BorrowedMemory borrowed;
    std::optional<eisen::Flattened> value;
};

namespace {

thread_local std::string last_error;

eisen_status fail(const char* text) {
    try {
        last_error = text;
    } catch (...) {
        last_error.clear();
    }
    // libtorch's type for it does not survive the TorchScript interpreter: only the text tells.
    for (const char* memory : {"DefaultCPUAllocator: ", "CUDA out of memory", "CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED"})
        if (last_error.find(memory) != std::string::npos) return EISEN_OUT_OF_MEMORY;
    return EISEN_FAILED;
}

// Runs an action and turns whatever it throws into a status and a text.
template <typename Action>
eisen_status guarded(Action&& action) {
    try {
        action();
        return EISEN_OK;
    } catch (const std::bad_alloc&) {
        fail("out of memory");
        return EISEN_OUT_OF_MEMORY;
    } catch (const c10::OutOfMemoryError& error) {
        fail(error.what_without_backtrace());
        return EISEN_OUT_OF_MEMORY;
    } catch (const c10::Error& error) {
        // Without the C++ backtrace, which tells a user nothing; TorchScript's own traceback is in the text.
        return fail(error.what_without_backtrace());
    } catch (const std::exception& error) {
        return fail(error.what());
    } catch (...) {
        return fail("libtorch threw something that is not an exception.");
    }
}

// What libtorch derives from a module goes into that module's compilation unit, which has no lock of its own.
std::mutex compilation_units;

}  // namespace

int32_t eisen_abi_version(void) { return EISEN_ABI_VERSION; }

const char* eisen_torch_version(void) { return TORCH_VERSION; }

const char* eisen_last_error(int64_t* length) {
    *length = static_cast<int64_t>(last_error.size());
    return last_error.data();
}

eisen_status eisen_cuda_device_count(int32_t* count) {
    return guarded([&] { *count = static_cast<int32_t>(torch::cuda::device_count()); });
}

eisen_status eisen_set_intra_op_threads(int32_t count) {
    return guarded([&] {
        // libtorch aborts the process on some builds when the number is not positive.
        if (count < 1) throw std::invalid_argument("An operator needs at least one thread.");
        at::set_num_threads(count);
    });
}

eisen_status eisen_set_inter_op_threads(int32_t count) {
    return guarded([&] {
        if (count < 1) throw std::invalid_argument("There is at least one thread between operators.");
        // A second call aborts the process.
        static std::once_flag once;
        std::call_once(once, [&] { at::set_num_interop_threads(count); });
    });
}

eisen_status eisen_module_load(const char* path, int32_t device_type, int32_t device_index, eisen_module** module) {
    return guarded([&] {
        if (device_type != EISEN_CPU && device_type != EISEN_CUDA)
            throw std::invalid_argument("There is no kind of device with the number " + std::to_string(device_type) + ".");
        if (device_index < 0 || device_index > std::numeric_limits<c10::DeviceIndex>::max())
            throw std::invalid_argument("There is no device with the index " + std::to_string(device_index) + ".");
        const c10::Device device = device_type == EISEN_CUDA ? c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(device_index)) : c10::Device(c10::kCPU);
        torch::jit::Module loaded = torch::jit::load(path, device);
        if (!loaded.find_method("forward")) throw std::invalid_argument("The module has no forward method.");
        loaded.eval();
        eisen::settle(device);
        *module = new eisen_module(std::move(loaded), device, false);
    });
}

void eisen_module_free(eisen_module* module) {
    guarded([&] {
        const std::unique_ptr<eisen_module> owned(module);
        if (!module->optimized) return;
        const std::lock_guard<std::mutex> lock(compilation_units);
        eisen::remove_code(module->module);
    });
#ifdef __GLIBC__
    // glibc keeps freed blocks in its arenas: without this, loading and unloading models grows the process.
    malloc_trim(0);
#endif
}

eisen_status eisen_module_optimize(const eisen_module* module, int32_t optimization, eisen_module** optimized) {
    return guarded([&] {
        const std::lock_guard<std::mutex> lock(compilation_units);
        *optimized = new eisen_module(eisen::optimize(module->module, optimization), module->device, true);
        eisen::settle(module->device);
    });
}

eisen_status eisen_module_describe(const eisen_module* module, int64_t most_code_bytes, eisen_result** result) {
    return guarded([&] {
        if (most_code_bytes < 0) throw std::invalid_argument("A number of bytes is not negative.");
        const std::lock_guard<std::mutex> lock(compilation_units);
        auto description = std::make_unique<eisen_result>();
        description->value.emplace(eisen::describe(module->module, static_cast<size_t>(most_code_bytes)));
        *result = description.release();
    });
}

eisen_status eisen_module_forward(
    eisen_module* module, const eisen_value* values, int64_t value_count, int64_t argument_count, eisen_result** result) {
    return guarded([&] {
        const c10::InferenceMode inference;
        const eisen::DeviceCall on_device(module->device);
        auto call = std::make_unique<eisen_result>();
        std::vector<c10::IValue> arguments = eisen::read_arguments(
            values, value_count, argument_count, module->forward.function().getSchema(), module->device, call->borrowed);
        call->value.emplace(module->forward(std::move(arguments)));
        *result = call.release();
    });
}

void eisen_result_values(const eisen_result* result, const eisen_value** values, int64_t* value_count) {
    *values = result->value->nodes().data();
    *value_count = static_cast<int64_t>(result->value->nodes().size());
}

void eisen_result_free(eisen_result* result) {
    guarded([&] { delete result; });
}
