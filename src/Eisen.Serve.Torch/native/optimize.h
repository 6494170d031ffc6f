// Modules that libtorch transforms so that they run faster.
#pragma once

#include <torch/csrc/jit/api/module.h>

#include "eisen_torch.h"

namespace eisen {

// Makes a transformed module beside the given one, whose tensors it shares where they stay as they are. Throws
// std::invalid_argument for a module that keeps state between calls, and what libtorch throws. Not to be called, for
// modules of one file, on two threads at once; the same holds for remove_code.
torch::jit::Module optimize(const torch::jit::Module& module, int32_t optimization);

// A compilation unit lives as long as any of its modules, and keeps the code of all of them. That of an optimized one
// holds its weights, as constants, which would outlive it. To be called when nothing runs the module any more.
void remove_code(const torch::jit::Module& optimized);

}  // namespace eisen
