// Trees of values in both directions: the ABI's flat nodes to IValues and back.
#pragma once

#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>

#include <c10/core/Storage.h>

#include <list>
#include <string>
#include <vector>

#include "eisen_torch.h"

namespace eisen {

// The memory that a call's input tensors wrap, for as long as the caller keeps it. What a module kept of them, in an
// attribute of its own, gets a copy when this ends.
class BorrowedMemory {
public:
    BorrowedMemory() = default;
    BorrowedMemory(const BorrowedMemory&) = delete;
    BorrowedMemory& operator=(const BorrowedMemory&) = delete;
    ~BorrowedMemory();

    void add(const at::Tensor& tensor);

private:
    std::vector<c10::Storage> storages_;
};

// Reads `argument_count` trees as the arguments of a function. Lists and dictionaries take their element types from
// the schema, as TorchScript's containers are typed. Throws std::invalid_argument on anything that does not fit.
std::vector<c10::IValue> read_arguments(
    const eisen_value* values, int64_t value_count, int64_t argument_count, const c10::FunctionSchema& schema, c10::Device device,
    BorrowedMemory& borrowed);

// A returned value, flattened. Owns what the nodes point to.
class Flattened {
public:
    explicit Flattened(const c10::IValue& value);

    const std::vector<eisen_value>& nodes() const { return nodes_; }

private:
    void add(const c10::IValue& value, int depth);
    void add_tensor(const at::Tensor& tensor);
    void add_string(const std::string& text);
    eisen_value& add_node(eisen_kind kind);

    std::vector<eisen_value> nodes_;
    std::vector<at::Tensor> tensors_;
    // Copies: a tensor that is the module's own may be given another shape by the next call.
    std::vector<std::vector<int64_t>> shapes_;
    // A string may hold its text in itself, and here it stays where it is when others are added.
    std::list<std::string> strings_;
};

}  // namespace eisen
