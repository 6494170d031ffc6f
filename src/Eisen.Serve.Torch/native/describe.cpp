#include "describe.h"

#include <torch/csrc/jit/serialization/python_print.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace eisen {
namespace {

c10::IValue arguments_of(const c10::FunctionSchema& schema) {
    const auto item = c10::TupleType::create({c10::StringType::get(), c10::StringType::get(), c10::BoolType::get()});
    c10::impl::GenericList arguments(item);
    // The first argument is the module itself.
    for (size_t i = 1; i < schema.arguments().size(); i++) {
        const c10::Argument& argument = schema.arguments()[i];
        arguments.push_back(c10::ivalue::Tuple::create(argument.name(), argument.type()->annotation_str(), argument.default_value().has_value()));
    }
    return arguments;
}

std::string result_of(const c10::FunctionSchema& schema) {
    return schema.returns().size() == 1 ? schema.returns()[0].type()->annotation_str() : "None";
}

// Cut where no character of UTF-8 is torn.
std::string shortened(std::string text, size_t most_bytes) {
    if (text.size() <= most_bytes) return text;
    size_t end = most_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) end--;
    text.resize(end);
    return text;
}

// Of the parameters and buffers; those that share memory count once.
int64_t weight_bytes_of(const torch::jit::Module& module) {
    std::unordered_map<const void*, int64_t> storages;
    const auto add = [&](const at::Tensor& tensor) {
        if (tensor.defined() && tensor.has_storage()) storages[tensor.storage().unsafeGetStorageImpl()] = static_cast<int64_t>(tensor.storage().nbytes());
    };
    for (const at::Tensor& parameter : module.parameters()) add(parameter);
    for (const at::Tensor& buffer : module.buffers()) add(buffer);
    int64_t bytes = 0;
    for (const auto& storage : storages) bytes += storage.second;
    return bytes;
}

std::string code_of(const torch::jit::Module& module) {
    std::vector<c10::IValue> constants;
    torch::jit::PrintDepsTable dependencies;
    torch::jit::PythonPrint printer(constants, dependencies);
    printer.printNamedType(module.type());
    return printer.str();
}

}  // namespace

c10::IValue describe(const torch::jit::Module& module, size_t most_code_bytes) {
    const c10::FunctionSchema& schema = module.get_method("forward").function().getSchema();
    return c10::ivalue::Tuple::create(arguments_of(schema), result_of(schema), shortened(code_of(module), most_code_bytes), weight_bytes_of(module));
}

}  // namespace eisen
