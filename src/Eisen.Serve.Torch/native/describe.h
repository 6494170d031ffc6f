// What a module takes, gives and does, as text.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include <cstddef>

#include "eisen_torch.h"

namespace eisen {

// The tuple that eisen_module_describe promises.
c10::IValue describe(const torch::jit::Module& module, size_t most_code_bytes);

}  // namespace eisen
